import { Socket } from "phoenix"

let socket = new Socket("/socket")
socket.connect()

// The channel.
export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()

export default socket
