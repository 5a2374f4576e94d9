import { Socket } from "phoenix"

const socket: Socket = new Socket("/socket", {})
socket.connect()

export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()
