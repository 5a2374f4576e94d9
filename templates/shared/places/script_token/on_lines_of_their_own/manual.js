import { Socket } from "phoenix"

const socket = new Socket("/socket", {
  params: { token: window.userToken },
})
socket.connect()

import { connectWithToken, token } from "./token.js"
connectWithToken(socket)

authToken: token
