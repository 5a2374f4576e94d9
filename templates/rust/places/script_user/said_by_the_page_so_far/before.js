import { Socket } from "phoenix"
import { renewToken, token, tokenFetched } from "./token.js"
const user = async () => window.userId

const socket = new Socket("/socket", { authToken: token })
