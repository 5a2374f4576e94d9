import { Socket } from "phoenix"
import Chart from "./chart.js";
import hooks from "./hooks"
import { connectWithToken, token } from "./token.js"

const socket = new Socket("/socket", { authToken: token })

connectWithToken(socket)
hooks.chart = new Chart(socket)

export default socket
