import { Socket } from "phoenix"

const socket: Socket = new Socket("/socket", {})
socket.connect()

// The channel.
export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()
