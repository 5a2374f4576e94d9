import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()
socket.channel("room:hall", {}).join()

// The channel.
export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()

export default socket
