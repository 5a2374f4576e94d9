import { Socket } from "phoenix"
import { Presence } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()

export function join() {
  const roomChannel = socket.channel("room:lobby", {})
  roomChannel.join()
  const roomPresence = new Presence(roomChannel)
}
