function connect() {
  const socket = new Socket("/socket")

  const roomChannel = socket.channel("room:lobby", {})
  roomChannel.join()
}
