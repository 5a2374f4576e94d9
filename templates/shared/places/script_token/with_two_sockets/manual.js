import { Socket } from "phoenix"
import { token, tokenFetched } from "./token.js"

const socket = new Socket("/socket", { authToken: token })
const other = new Socket("/other", {})
other.connect()
tokenFetched.then(() => socket.connect())
