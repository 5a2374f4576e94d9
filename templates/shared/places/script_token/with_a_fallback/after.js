import { Socket } from "phoenix"
import { connectWithToken, token } from "./token.js"

// The server requires a signed token that identifies the user. It travels in a header,
// not in the URL, which logs may contain.
const socket = new Socket("/socket", { longPollFallbackMs: 2500, authToken: token })

connectWithToken(socket)
