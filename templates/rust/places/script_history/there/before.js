import { Socket } from "phoenix"
import { recover } from "./recover.js"

const socket = new Socket("/socket")
socket.connect()

// RoomChannel handles `room:*`.
export const roomChannel = recover(socket.channel.bind(socket), "room:lobby", {}, () => location.reload())
roomChannel.join()
  .receive("ok", (response) => console.log("joined room:lobby", response))

export default socket
