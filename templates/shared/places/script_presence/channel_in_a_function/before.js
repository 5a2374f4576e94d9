import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()

export function join() {
  const roomChannel = socket.channel("room:lobby", {})
  roomChannel.join()
}
