import { Socket } from "phoenix"

// The server receives `params` when this page connects.
// Set `window.userToken` on the page once users can sign in. Until then, the token is "undefined".
const socket = new Socket("/socket", { longPollFallbackMs: 2500, params: { token: window.userToken } })

socket.connect()
