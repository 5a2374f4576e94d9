// The list of all frames of all sockets, in both directions, as raw text.

const FRAMES = 200 // maximum number of rows
const HEARTBEATS = 10 // maximum number of heartbeats, counted separately so that they do not displace other frames
const LONGEST = 2_000 // maximum number of characters per frame

const panel = document.querySelector("#frames")
const list = panel?.querySelector("ol")
const held = document.createDocumentFragment() // new rows while the list is paused
let paused = false

const time = new Intl.DateTimeFormat([], {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
})

export const clock = () => time.format(new Date())

// A payload as text; a binary one as its size.
export function readable(payload) {
  if (payload instanceof ArrayBuffer || ArrayBuffer.isView(payload)) return `binary, ${payload.byteLength} bytes`
  if (payload instanceof Blob) return `binary, ${payload.size} bytes`

  const text = typeof payload === "string" ? payload : String(JSON.stringify(payload))
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… ${text.length.toLocaleString()} characters` : text
}

// Frames pass through the socket's `encode` and `decode`.
export function watchFrames(socket, name) {
  if (!panel) return

  panel.hidden = false
  const { encode, decode } = socket

  socket.encode = (message, send) => encode.call(socket, message, (raw) => {
    markHeartbeat(addRow(name, "sent", raw), message)
    send(raw)
  })

  // Listed before decoding, so that frames with errors are visible.
  socket.decode = (raw, receive) => {
    const row = addRow(name, "received", raw)
    decode.call(socket, raw, (message) => {
      markHeartbeat(row, message)
      receive(message)
    })
  }
}

function addRow(name, direction, raw) {
  const row = document.createElement("li")
  row.dataset.direction = direction
  row.append(cell("time", clock()), cell("direction", direction), cell("name", name), cell("raw", readable(raw)))
  const rows = paused ? held : list
  rows.prepend(row)
  trim(rows)
  showPaused()
  return row
}

function cell(kind, text) {
  const cell = document.createElement("span")
  cell.className = kind
  cell.textContent = text
  return cell
}

function markHeartbeat(row, { topic }) {
  row.classList.toggle("heartbeat", topic === "phoenix")
}

function trim(rows) {
  [...rows.querySelectorAll("li:not(.heartbeat)")].slice(FRAMES).forEach((row) => row.remove())
  ;[...rows.querySelectorAll("li.heartbeat")].slice(HEARTBEATS).forEach((row) => row.remove())
}

function showPaused() {
  const button = panel.querySelector("[data-pause]")
  button.textContent = paused ? `Resume (${held.childElementCount})` : "Pause"
}

panel?.querySelector("[data-pause]").addEventListener("click", () => {
  paused = !paused
  if (!paused) {
    list.prepend(held) // moves the rows out of the fragment
    trim(list)
  }
  showPaused()
})

panel?.querySelector("[data-clear]").addEventListener("click", () => {
  list.replaceChildren()
  held.replaceChildren()
  showPaused()
})
