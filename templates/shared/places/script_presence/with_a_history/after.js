import { Presence, Socket } from "phoenix"
import { recover } from "./recover.js"

const socket = new Socket("/socket", {})
socket.connect()
export const roomChannel = recover(socket.channel.bind(socket), "room:lobby", {})

// The presence.
export const roomPresence = new Presence(roomChannel)
