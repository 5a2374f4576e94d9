import { Socket as PhoenixSocket } from "phoenix"

const socket = new PhoenixSocket("/socket", {})
socket.connect()

// The channel.
export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()

export default socket
