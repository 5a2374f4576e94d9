import { Socket } from "phoenix"

const socket = new Socket("/socket", {})
socket.connect()
socket.channel("room:42", {}).join()
