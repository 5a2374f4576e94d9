// Live reload under `hello-sockets dev`, by Phoenix's protocol: joins the topic "phoenix:live_reload", and applies each change to
// the page. It uses no package, so that it works on a page without its dependencies.

const TOPIC = "phoenix:live_reload"
const HEARTBEAT = 30_000 // milliseconds
const RETRIES = [20, 50, 100, 200, 500, 1000] // milliseconds, the last one repeatedly

let failures = 0

function connect() {
  const url = new URL("socket/websocket?vsn=2.0.0", import.meta.url)
  url.protocol = location.protocol.replace("http", "ws")
  const socket = new WebSocket(url)
  let heartbeat

  socket.onopen = () => {
    const send = (...message) => socket.send(JSON.stringify(message))
    send("1", "1", TOPIC, "phx_join", {})
    heartbeat = setInterval(() => send(null, "2", "phoenix", "heartbeat", {}), HEARTBEAT)
  }

  socket.onmessage = ({ data }) => {
    const [, , topic, event, payload] = JSON.parse(data)
    if (topic !== TOPIC) return

    failures = 0
    if (event === "assets_change") payload.asset_type === "css" ? swapStylesheets() : location.reload()
    if (event === "build") showErrors(payload.errors)
    if (event === "phx_reply") showErrors(payload.response.errors ?? [])
  }

  socket.onclose = () => {
    clearInterval(heartbeat)
    setTimeout(connect, RETRIES[Math.min(failures, RETRIES.length - 1)])
    failures += 1
  }
}

// Each stylesheet stays until the new one has been loaded, so that the page is never without style.
function swapStylesheets() {
  for (const link of document.querySelectorAll("link[rel~=stylesheet]")) {
    const url = new URL(link.href)
    if (url.origin !== location.origin) continue

    url.searchParams.set("vsn", Date.now())
    const fresh = link.cloneNode()
    fresh.href = url
    fresh.onload = fresh.onerror = () => link.remove()
    link.after(fresh)
  }
}

const STYLE = `
  :host { all: initial }
  section {
    position: fixed; inset: 0; z-index: 2147483647; overflow: auto; box-sizing: border-box; padding: 2rem;
    background: #18181b; color: #fafafa; font: 15px/1.5 system-ui, sans-serif;
  }
  h1 { margin: 0 0 1rem; font-size: 1.25rem; color: #fca5a5 }
  h2 { margin: 1.5rem 0 0.25rem; font: 600 14px/1.5 ui-monospace, monospace; color: #fde68a }
  pre { margin: 0; overflow: auto; font: 13px/1.5 ui-monospace, monospace }
  button { float: right; margin: -0.25rem 0 0 1rem; font: inherit; padding: 0.25rem 0.75rem }
`

// Covers the page with the errors of the last build or start; removes the cover if there are none.
function showErrors(errors) {
  document.querySelector("hello-sockets-errors")?.remove()
  if (errors.length === 0) return

  const host = document.createElement("hello-sockets-errors")
  const shadow = host.attachShadow({ mode: "open" })
  const cover = element("section", "")
  cover.setAttribute("role", "alert")
  const close = element("button", "Close")
  close.onclick = () => host.remove()
  cover.append(close, element("h1", "The last change is not running"))
  for (const { place, text } of errors) cover.append(element("h2", place ?? ""), element("pre", text))
  shadow.append(element("style", STYLE), cover)
  document.documentElement.append(host)
}

function element(name, text) {
  const element = document.createElement(name)
  element.textContent = text
  return element
}

connect()
