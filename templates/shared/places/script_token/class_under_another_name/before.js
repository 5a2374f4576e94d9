import { Socket as PhoenixSocket } from "phoenix"

const socket = new PhoenixSocket("/socket", { params: { token: window.userToken } })
socket.connect()

export default socket
