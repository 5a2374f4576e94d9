function connect() {
  const socket = new Socket("/socket")
}
