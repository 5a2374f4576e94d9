import { Socket } from "phoenix"
import { user } from "./token.js"

const socket = new Socket("/socket", { params: { token: window.userToken } })
socket.connect()
