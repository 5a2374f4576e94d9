import { Socket } from "phoenix"
import { renewToken, token, tokenFetched } from "./token.js"
import { user } from "./token.js"

const socket = new Socket("/socket", { authToken: token })
