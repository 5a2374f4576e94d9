// Channels that miss nothing: messages sent while the connection was lost arrive after the reconnect.
//
//     const channel = recover(socket.channel.bind(socket), "room:lobby", {}, () => location.reload())
//     channel.on("shout", (payload) => console.log(payload))
//     channel.join()
//
// The route on the server needs a `.history(…)`. Each broadcast then has a position, as the `ref` of its message. At every join,
// the client sends the last one that it has received; the server sends the later ones, or answers that they are not kept any more.

// Creates a channel, like `socket.channel(topic, params)`. `params` may be a function.
//
// `onLost` is called after a reconnect if messages were missed for good: load the state of the page again there.
export function recover(open, topic, params = {}, onLost = () => {}) {
  let position // of the last broadcast that was received
  let isRepeated = false // the current message has been received before
  let hasJoined = false

  const channel = open(topic, () => ({
    ...(typeof params === "function" ? params() : params),
    recover: position ? { position } : {},
  }))
  const { on, join, onMessage } = channel

  channel.onMessage = (event, payload, ref, joinRef) => {
    isRepeated = isPosition(ref) && isUpTo(position, ref)
    if (isPosition(ref) && !isRepeated) position = ref
    return onMessage.call(channel, event, payload, ref, joinRef)
  }

  // A join that is sent again on the same connection, because its reply took too long, may bring a message twice.
  channel.on = (event, callback) => on.call(channel, event, (...message) => {
    if (!isRepeated) callback(...message)
  })

  channel.join = (timeout) => join.call(channel, timeout).receive("ok", (reply) => {
    const answer = reply?.recover // none if the topic has no history
    const isLost = hasJoined && !answer?.recovered

    hasJoined = true
    if (isLost || !isUpTo(position, answer?.position)) position = answer?.position
    if (isLost) onLost()
  })

  return channel
}

// Other refs are numbers.
function isPosition(ref) {
  return typeof ref === "string" && ref.includes(".")
}

// Returns true for the last position, and for those before it in the same history.
function isUpTo(last, position) {
  if (!last || !position) return last === position

  const [[lastEpoch, lastNumber], [epoch, number]] = [last, position].map((text) => text.split("."))
  return epoch === lastEpoch && Number(number) <= Number(lastNumber)
}
