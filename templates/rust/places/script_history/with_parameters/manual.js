import { Socket } from "phoenix"
import { recover } from "./recover.js"

const socket = new Socket("/socket")
socket.connect()

// RoomChannel handles `room:*`.
export const roomChannel = recover(socket.channel.bind(socket), "room:lobby", { name: "me" }, () => {
  console.warn("messages of room:lobby are lost: load its state again here")
})
roomChannel.join()
  .receive("ok", (response) => console.log("joined room:lobby", response))

export default socket
