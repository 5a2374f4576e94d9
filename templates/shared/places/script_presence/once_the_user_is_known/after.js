import { Presence, Socket } from "phoenix"
import { userFetched } from "./token.js"

const socket = new Socket("/socket")

export let roomChannel
userFetched.then((user) => {
  if (user === undefined) return // not signed in
  roomChannel = socket.channel(`room:${user}`, {})
  roomChannel.join()

  const roomPresence = new Presence(roomChannel)
})

export default socket
