import { Socket } from "phoenix"
import { recover } from "./recover.js"

const socket = new Socket("/socket", {})
socket.connect()

export const roomChannel = recover(socket.channel.bind(socket), "room:lobby", {}, () => {
  console.warn("messages of room:lobby are lost: load its state again here")
})
