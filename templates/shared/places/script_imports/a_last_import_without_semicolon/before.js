import "phoenix_html"
import Chart from "./chart.js";
import Hooks from "./hooks"

Hooks.Chart = Chart
