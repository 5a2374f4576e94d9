import { Socket } from "phoenix"
import { connectWithToken, token } from "./token.js"

const socket = new Socket("/socket", { authToken: token, params: { locale: "en" } })
connectWithToken(socket)
