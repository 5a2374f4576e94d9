import { Socket } from "phoenix"
import { token, tokenFetched } from "./token.js"

const socket = new Socket("/socket", { authToken: token })

export const start = () => tokenFetched.then(() => socket.connect())
