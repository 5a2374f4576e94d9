import { Socket } from "phoenix"
import { renewToken, token, tokenFetched, user } from "./token.js"


const socket = new Socket("/socket", { authToken: token })
