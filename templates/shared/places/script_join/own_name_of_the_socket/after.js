import { Socket } from "phoenix"

const s = new Socket("/socket", {})
s.connect()

export const roomChannel = s.channel("room:lobby", {})
roomChannel.join()
