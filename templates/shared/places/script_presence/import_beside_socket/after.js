import { Presence, Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()
export const roomChannel = socket.channel("room:lobby", {})

// The presence.
export const roomPresence = new Presence(roomChannel)
