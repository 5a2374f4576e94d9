// The chat: rooms, their messages and people, mentions, files.
//
// user_socket.js connects, and joins the lobby and the inbox of the user. Data of other users is inserted as text, never as
// markup.
import { Presence } from "phoenix"
import socket, { inboxChannel, roomChannel, roomPresence } from "./user_socket.js"
import { path } from "./path.js"
import { user } from "./token.js"

const LARGEST = 1024 * 1024 // maximum number of bytes of a file, as in room_channel.rs
const PICTURE = /\.(gif|jpe?g|png|webp)$/i
const UPLOAD_TIMEOUT = 60_000

const part = (name) => document.querySelector(`[data-${name}]`)
const log = document.querySelector(".log")
const rooms = new Map() // by name: { channel, presence, messages (by id), unread, mentioned }
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" })

let me // the name of the user
let shown // the name of the room on the page

// Rooms

addRoom("lobby", roomChannel, roomPresence)
show("lobby")

function join(name) {
  if (!rooms.get(name)?.channel) {
    const channel = socket.channel(`room:${name}`)
    addRoom(name, channel, new Presence(channel))
    channel.join().receive("error", ({ reason }) => showProblem(reason))
  }
  show(name)
}

function addRoom(name, channel, presence) {
  const room = { name, channel, presence, messages: new Map(), unread: 0, mentioned: false }
  rooms.set(name, room)
  channel.on("history", ({ messages, rooms: names }) => {
    messages.forEach((message) => room.messages.set(message.id, message))
    names.filter((other) => !rooms.has(other)).forEach(addName)
    showRooms()
    if (name === shown) showLog()
  })
  channel.on("message", (message) => {
    room.messages.set(message.id, message)
    if (name === shown) return showLog()
    room.unread += 1
    showRooms()
  })
  presence.onSync(() => { if (name === shown) showPeople() })
}

// A room that this page has not joined.
function addName(name) {
  rooms.set(name, { name, unread: 0, mentioned: false })
}

function show(name) {
  shown = name
  Object.assign(rooms.get(name), { unread: 0, mentioned: false })
  part("room").textContent = `# ${name}`
  part("say").body.placeholder = `Message #${name}`
  showProblem("")
  showRooms()
  showPeople()
  showLog()
}

function showRooms() {
  const names = [...rooms.keys()].sort()
  part("rooms").replaceChildren(...names.map((name) => {
    const { unread, mentioned } = rooms.get(name)
    const button = element("button", `# ${name}`, { type: "button", onclick: () => join(name) })
    if (name === shown) button.setAttribute("aria-current", "true")
    if (unread > 0) button.append(element("span", String(unread), { className: "unread", title: `${unread} unread` }))
    button.classList.toggle("mentioned", mentioned)
    return item(button)
  }))
}

function showPeople() {
  const names = rooms.get(shown).presence.list((name) => name).sort()
  part("people").replaceChildren(...names.map((name) => {
    const row = item(avatar(name), element("span", name === me ? `${name} (you)` : name))
    row.dataset.person = name
    return row
  }))
}

// Messages

function showLog() {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  const messages = [...rooms.get(shown).messages.values()].sort((one, two) => one.id - two.id)
  const known = new Map([...log.children].map((row) => [row.dataset.key, row]))
  log.replaceChildren(...messages.map((message) => known.get(`${shown}/${message.id}`) ?? messageRow(message)))
  if (isAtEnd || known.size === 0) log.scrollTop = log.scrollHeight
}

function messageRow({ id, author, body, at, file }) {
  const time = new Date(at * 1000)
  const head = element("p", "", { className: "head" })
  head.append(element("b", author), element("time", clock.format(time), { dateTime: time.toISOString(), title: time.toLocaleString() }))
  const text = element("div", "", { className: "text" })
  text.append(head)
  if (body) text.append(bodyOf(body))
  if (file) text.append(attachment(id, file))

  const row = item(avatar(author), text)
  row.dataset.key = `${shown}/${id}`
  row.classList.toggle("mentions-me", mentions(body).includes(me))
  return row
}

// The text, with its mentions marked.
function bodyOf(body) {
  const text = element("p", "", { className: "body" })
  for (const word of body.split(/(\s+)/)) {
    const [name] = mentions(word)
    text.append(name ? element("mark", word, { className: name === me ? "me" : "" }) : word)
  }
  return text
}

// The names that a text mentions, as in room_channel.rs.
function mentions(text) {
  const names = text.split(/\s+/).filter((word) => word.startsWith("@"))
  return names.map((word) => word.slice(1).replace(/[!-/:-@[-`{-~]+$/, "")).filter(Boolean)
}

function attachment(id, name) {
  const link = element("a", "", { href: path(`/files/${id}`), className: "file" })
  if (PICTURE.test(name)) {
    link.target = "_blank"
    const picture = Object.assign(new Image(), { alt: name, src: link.href })
    picture.addEventListener("load", () => { log.scrollTop = log.scrollHeight })
    link.append(picture)
  } else {
    link.download = name
    link.textContent = `↓ ${name}`
  }
  return link
}

// Actions of the user

part("join").addEventListener("submit", (event) => {
  event.preventDefault()
  join(event.target.room.value)
  event.target.reset()
})

part("say").addEventListener("submit", (event) => {
  event.preventDefault()
  const { body } = event.target
  if (!body.value.trim()) return

  push("say", { body: body.value }).receive("ok", () => { body.value = "" })
})

part("file").addEventListener("change", async ({ target }) => {
  const [file] = target.files
  target.value = ""
  if (file) await upload(file)
})

document.addEventListener("dragover", (event) => event.preventDefault())
document.addEventListener("drop", async (event) => {
  event.preventDefault()
  for (const file of event.dataTransfer.files) await upload(file)
})

async function upload(file) {
  if (file.size > LARGEST) return showProblem(`${file.name} is larger than 1 MiB`)

  // Bytes: the name, a line feed, the contents.
  const bytes = await new Blob([file.name.replaceAll("\n", " "), "\n", file]).arrayBuffer()
  push("upload", bytes, UPLOAD_TIMEOUT)
}

function push(event, payload, timeout) {
  showProblem("")
  return rooms.get(shown).channel.push(event, payload, timeout)
    .receive("error", ({ reason }) => showProblem(reason))
    .receive("timeout", () => showProblem("The server did not answer."))
}

// The user, the connection, and mentions

user().then((name) => {
  me = name
  part("user").textContent = name
  document.querySelectorAll("[data-signed-in]").forEach((each) => { each.hidden = false })
  showPeople()
  showLog()
  inboxChannel.on("mention", ({ room, message }) => {
    if (room === shown && document.hasFocus()) return

    if (!rooms.has(room)) addName(room)
    rooms.get(room).mentioned = room !== shown
    showRooms()
    showMention(room, message)
  })
})

function showMention(room, { author, body }) {
  const notice = element("button", "", { type: "button", onclick: () => { notice.remove(); join(room) } })
  notice.append(element("b", `${author} mentioned you in #${room}`), element("span", body))
  part("mentions").append(notice)
  setTimeout(() => notice.remove(), 10_000)
}

const showConnection = () => {
  part("connection").textContent = socket.isConnected() ? "Online" : "Reconnecting…"
  part("connection").dataset.state = socket.isConnected() ? "online" : "offline"
}
socket.onOpen(showConnection)
socket.onClose(showConnection)

function showProblem(text) {
  part("problem").textContent = text
}

// Elements

function element(tag, text, properties) {
  return Object.assign(document.createElement(tag), { textContent: text, ...properties })
}

function item(...children) {
  const item = document.createElement("li")
  item.append(...children)
  return item
}

// A circle with the first letter of a name, in a colour of its own.
function avatar(name) {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7)
  const avatar = element("span", [...name][0].toUpperCase(), { className: "avatar", ariaHidden: "true" })
  avatar.style.setProperty("--hue", hue)
  return avatar
}
