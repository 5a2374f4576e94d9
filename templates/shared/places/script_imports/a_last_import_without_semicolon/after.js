import "phoenix_html"
import Chart from "./chart.js";
import Hooks from "./hooks"
import "./user_socket.js"

Hooks.Chart = Chart
