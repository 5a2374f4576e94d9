import topbar from "topbar"
import "./user_socket.js"
const n: number = 1
