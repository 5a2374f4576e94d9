import { Socket } from "phoenix"
import { token } from "./token.js"
const user = async () => window.userId

const socket = new Socket("/socket", { authToken: await token() })
