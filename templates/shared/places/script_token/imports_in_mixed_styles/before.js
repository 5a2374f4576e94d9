import { Socket } from "phoenix"
import Chart from "./chart.js";
import hooks from "./hooks"

const socket = new Socket("/socket", { params: { token: window.userToken } })

socket.connect()
hooks.chart = new Chart(socket)

export default socket
