import { Socket } from "phoenix"
import { recover } from "./recover.js"

const socket = new Socket("/socket")
socket.connect()

export const lobby = recover(socket.channel.bind(socket), "room:lobby", {})
lobby.join()

export default socket
