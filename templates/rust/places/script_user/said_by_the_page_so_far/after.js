import { Socket } from "phoenix"
import { connectWithToken, token, user } from "./token.js"

const socket = new Socket("/socket", { authToken: token })
