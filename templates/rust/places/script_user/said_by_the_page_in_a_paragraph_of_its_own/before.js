import { Socket } from "phoenix"
import { connectWithToken, token } from "./token.js"

const user = async () => window.userId

const socket = new Socket("/socket", { authToken: token })
