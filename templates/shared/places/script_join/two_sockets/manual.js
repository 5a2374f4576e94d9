import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()

const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()

const other = new Socket("/other", {})
