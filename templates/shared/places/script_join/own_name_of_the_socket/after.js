import { Socket } from "phoenix"

const s = new Socket("/socket", {})
s.connect()

// The channel.
export const roomChannel = s.channel("room:lobby", {})
roomChannel.join()
