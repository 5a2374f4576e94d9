import { Socket } from "phoenix"

const socket = new Socket("/socket")
socket.connect()

// RoomChannel handles `room:*`.
export const roomChannel = socket.channel("room:lobby", { name: "me" })
roomChannel.join()
  .receive("ok", (response) => console.log("joined room:lobby", response))

export default socket
