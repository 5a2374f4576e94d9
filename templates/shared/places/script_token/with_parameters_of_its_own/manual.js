import { Socket } from "phoenix"
import { token, tokenFetched } from "./token.js"

const socket = new Socket("/socket", { authToken: token, params: { locale: "en" } })
tokenFetched.then(() => socket.connect())
