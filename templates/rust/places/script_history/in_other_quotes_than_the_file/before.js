import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()

export const roomChannel = socket.channel('room:lobby', {})
