import { Socket } from "phoenix"
import { connectWithToken } from "./token.js"

const socket = new Socket("/socket", { params: { token: window.userToken } })
socket.connect()
