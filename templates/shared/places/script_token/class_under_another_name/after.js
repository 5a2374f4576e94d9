import { Socket as PhoenixSocket } from "phoenix"
import { connectWithToken, token } from "./token.js"

const socket = new PhoenixSocket("/socket", { authToken: token })
connectWithToken(socket)

export default socket
