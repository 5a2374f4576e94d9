import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()
const roomChannel = 1

// The channel.
const roomChannel2 = socket.channel("room:lobby", {})
roomChannel2.join()
