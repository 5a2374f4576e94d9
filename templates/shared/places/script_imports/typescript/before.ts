import topbar from "topbar"
const n: number = 1
