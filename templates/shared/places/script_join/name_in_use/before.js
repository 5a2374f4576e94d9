import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()
const roomChannel = 1
