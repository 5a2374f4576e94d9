import { Socket } from "phoenix"

const socket: Socket = new Socket("/socket", {})
socket.connect()
