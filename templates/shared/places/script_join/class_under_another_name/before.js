import { Socket as PhoenixSocket } from "phoenix"

const socket = new PhoenixSocket("/socket", {})
socket.connect()

export default socket
