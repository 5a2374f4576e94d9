import { Socket } from "phoenix"

const socket = new Socket("/socket")
socket.connect()

export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()
  .receive("ok", (response) => console.log("joined room:lobby", response))

export default socket
