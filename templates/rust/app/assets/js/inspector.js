// The panel on the page: sockets, their channels, and actions to try.
//
// A script announces its socket with one event:
//
//     window.dispatchEvent(new CustomEvent("socket:connect", { detail: { socket, name: "UserSocket" } }))
//
// A script with the `Presence` of a channel announces its changes:
//
//     window.dispatchEvent(new CustomEvent("presence:sync", { detail: { channel, presence } }))
//
// Data of other clients is inserted as text, never as markup.

import { clock, readable, watchFrames } from "./frames.js"

const MESSAGES = 20 // maximum number of messages per channel
const CLOSED = 3 // maximum number of closed channels per socket

const sockets = document.querySelector("#sockets")
const noSocket = document.querySelector("#no-socket")
const known = new WeakSet()
const cards = new WeakMap() // by channel

window.addEventListener("socket:connect", ({ detail: { socket, name } }) => {
  if (!sockets || known.has(socket)) return

  known.add(socket)
  noSocket.hidden = true
  watchFrames(socket, name)
  showSocket(socket, name)
})

window.addEventListener("presence:sync", ({ detail: { channel, presence } }) => {
  const present = cards.get(channel)?.querySelector("[data-present]")
  if (!present) return

  const names = presence.list((name, { metas }) => metas.length > 1 ? `${name} ×${metas.length}` : name)
  present.textContent = `Here: ${names.join(", ") || "nobody"}`
})

// All scripts of the page have run: sockets that exist have been announced.
window.addEventListener("DOMContentLoaded", () => {
  if (noSocket) noSocket.hidden = sockets.hasChildNodes()
})

function showSocket(socket, name) {
  const { card, part } = copyOf("#socket-card")
  const channels = card.querySelector(".channels")
  let attempts = 0

  const showState = () => {
    if (socket.isConnected()) attempts = 0
    setState(card, socketState(socket, attempts))
    part("attempts").textContent = attempts > 1 ? `attempt ${attempts}` : ""
  }
  const addChannel = (channel) => {
    channels.insertBefore(channelCard(channel), channels.querySelector(':scope > [data-state="closed"]'))
  }

  card.dataset.socket = name
  card.setAttribute("aria-label", name)
  part("name").textContent = name
  part("url").textContent = socket.endPointURL()
  socket.channels.forEach(addChannel)
  sockets.append(card)
  showState()

  socket.onOpen(showState)
  socket.onClose(showState)
  // Phoenix has no events for connects and reconnects; both call `connect`.
  after(socket, "connect", () => { attempts += 1; showState() })
  after(socket, "disconnect", () => { attempts = 0; showState() })
  after(socket, "channel", addChannel)
}

function socketState(socket, attempts) {
  if (socket.isConnected()) return "open"
  if (socket.closeWasClean) return "closed" // not connected yet, or `disconnect` was called
  return attempts > 1 ? "reconnecting" : "connecting"
}

function channelCard(channel) {
  const { card, part } = copyOf("#channel-card")
  const { topic, socket } = channel
  const form = card.querySelector("form")
  const messages = card.querySelector(".messages")

  cards.set(channel, card)
  card.dataset.channel = topic
  card.setAttribute("aria-label", topic)
  part("topic").textContent = topic
  form.body.setAttribute("aria-label", `Say something on ${topic}`)
  messages.setAttribute("aria-label", `Messages on ${topic}`)

  const showError = (text) => {
    // Set only if changed, so that screen readers read a repeated error once.
    if (part("error").textContent !== text) part("error").textContent = text
  }

  // Receives all messages of the socket.
  const listener = socket.onMessage(({ topic: on, event, payload, join_ref: joinRef }) => {
    if (on !== topic || (joinRef && joinRef !== channel.joinRef())) return

    if (event === "phx_error") showError(`crashed: ${readable(payload)}`)
    else if (event === "phx_reply" && payload?.status === "error") showError(`refused: ${readable(payload.response)}`)
    else if (event === "phx_reply" && payload?.response?.recover?.missed) {
      part("reply").textContent = `recovered ${payload.response.recover.missed}` // what was missed follows
    }
    else if (!/^(phx|presence)_/.test(event)) {
      messages.prepend(messageRow(event, payload))
      keep(messages.children, MESSAGES)
    }
  })

  const showState = (state) => {
    // Phoenix says "joining" as soon as `join` was called: it may wait for a socket that nobody connects, such as without a token.
    const waits = state === "joining" && socketState(socket, 0) === "closed"
    setState(card, waits ? "not joined" : state)
    // Not `disabled`, which would remove the focus from the field during a restart of the server.
    card.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", state !== "joined"))
    const siblings = card.parentElement // none once the card has been removed
    if (state !== "closed" || !siblings) return

    // Closed channels stay closed (a new join makes a new channel), so old ones are removed.
    socket.off([listener, opened])
    siblings.append(card)
    keep([...siblings.querySelectorAll(':scope > [data-state="closed"]')].reverse(), CLOSED)
  }
  const opened = socket.onOpen(() => channel.joinedOnce && showState(channel.state))
  watch(channel, "state", showState)
  showState(channel.joinedOnce ? channel.state : "not joined")

  part("ping").addEventListener("click", () => {
    if (channel.state !== "joined") return

    const start = performance.now()
    const show = (status) => (reply) => {
      part("reply").textContent = `${(performance.now() - start).toFixed(1)} ms · ${status} ${readable(reply)}`
    }
    part("reply").textContent = "…"
    channel.push("ping", { hello: "server" })
      .receive("ok", show("ok"))
      .receive("error", show("error"))
      .receive("timeout", () => { part("reply").textContent = "No reply." })
  })

  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (channel.state !== "joined") return

    channel.push("shout", { body: form.body.value })
    form.reset()
  })

  return card
}

function messageRow(event, payload) {
  const row = document.createElement("li")
  const body = typeof payload?.body === "string" ? payload.body : readable(payload)
  row.append(element("time", clock()), element("b", event), element("span", body))
  return row
}

function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text })
}

// Returns a copy of a template in index.html, and a function for its parts by their `data-…` names.
function copyOf(template) {
  const card = document.querySelector(template).content.cloneNode(true).firstElementChild
  return { card, part: (name) => card.querySelector(`[data-${name}]`) }
}

function setState(card, state) {
  card.dataset.state = state
  card.querySelector("[data-state-name]").textContent = state
}

function keep(elements, count) {
  [...elements].slice(count).forEach((each) => each.remove())
}

// Calls `notify` with each result of `object[method]`.
function after(object, method, notify) {
  const original = object[method]
  object[method] = (...args) => {
    const result = original.apply(object, args)
    notify(result)
    return result
  }
}

// Calls `notify` on each assignment to `object[property]`.
function watch(object, property, notify) {
  let value = object[property]
  Object.defineProperty(object, property, {
    get: () => value,
    set: (next) => { value = next; notify(next) },
  })
}
