import { Socket } from "phoenix"

const s = new Socket("/socket", {})
s.connect()
