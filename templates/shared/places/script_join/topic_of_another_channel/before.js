import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()
socket.channel("room:hall", {}).join()

export default socket
