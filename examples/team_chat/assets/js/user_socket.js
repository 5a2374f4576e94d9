// The client of UserSocket: one connection, shared by all of its channels.
import { Presence, Socket } from "phoenix"
import { path } from "./path.js"
import { connectWithToken, token, user } from "./token.js"

// The server requires a signed token that identifies the user. It travels in a header,
// not in the URL, which logs may contain.
const socket = new Socket(path("/socket"), { authToken: token })

// Announces this socket to the inspector on the page.
window.dispatchEvent(new CustomEvent("socket:connect", { detail: { socket, name: "UserSocket" } }))

// After a disconnect, the socket reconnects and rejoins its channels.
connectWithToken(socket)

// Examples of the use of a channel:
//
//   channel.push("ping", { hello: "server" }).receive("ok", (reply) => console.log(reply))
//   channel.on("shout", (payload) => console.log(payload))

// RoomChannel handles `room:*`.
export const roomChannel = socket.channel("room:lobby", {})
roomChannel.join()
  .receive("ok", (response) => console.log("joined room:lobby", response))
  .receive("error", (response) => console.error("could not join room:lobby", response))

// `roomPresence.list()` returns the users in the topic. `onSync` runs after each change.
export const roomPresence = new Presence(roomChannel)
roomPresence.onSync(() => {
  const detail = { channel: roomChannel, presence: roomPresence }
  window.dispatchEvent(new CustomEvent("presence:sync", { detail })) // for the page's inspector
})

// InboxChannel handles `inbox:*`. This page joins the topic of its user.
export let inboxChannel
user().then((id) => {
  inboxChannel = socket.channel(`inbox:${id}`, {})
  inboxChannel.join()
    .receive("ok", (response) => console.log(`joined inbox:${id}`, response))
    .receive("error", (response) => console.error(`could not join inbox:${id}`, response))
})

export default socket
