import { Socket } from "phoenix"
const user = async () => window.userId

const socket = new Socket("/socket", {})
