import { Socket } from "phoenix"
import { renewToken, token, tokenFetched } from "./token.js"

const socket = new Socket("/socket", { authToken: token })
const other = new Socket("/other", {})
other.connect()
socket.onError(renewToken)
tokenFetched.then(() => socket.connect())
