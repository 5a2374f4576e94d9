import { Socket } from "phoenix"
import { token } from "./token.js"

const socket = new Socket("/socket", { authToken: await token() })
