// Keeps a current token for the sockets of the server: see src/auth.rs.

import { path } from "./path.js"

const TOKEN = path("/token")

// Pages of other sites cannot send this header.
const headersOfThisPage = () => ({ "x-requested-with": "fetch" })

const SIGNED_OUT = `You are signed out. <a href="${path("/sign-in")}">Sign in</a> to connect.`

// The user of the first token.
export const user = () => userFetched

const REFUSED = "The server refuses this page. Reload it to connect."

const RETRIES = [1, 2, 5, 10] // seconds until the next attempt after a failed request; the last one repeats

let latest = { token: "" }
let request // the request under way
let timer // of the next request
let failures = 0
const sockets = new Set()
const waiting = new Set() // sockets to connect with the next token
let resolveUser

// The token, for each connect of a socket. It is empty while there is none.
export const token = () => latest.token

// The user of the first token. Pending while there is none.
export const userFetched = new Promise((resolve) => { resolveUser = resolve })

// Connects a socket once there is a token, and disconnects it when the user is signed out.
export function connectWithToken(socket) {
  sockets.add(socket)
  // The server may have refused the token as too old, or ended the connections of a user who has signed out. If requests fail, a
  // timer makes the next one.
  const renew = () => failures > 0 || waiting.has(socket) || renewToken()
  socket.onError(renew)
  socket.onClose(renew)
  if (latest.token) socket.connect()
  else waiting.add(socket)
}

// Requests a token for the next connects. It never rejects, so other scripts of the page are not affected.
export function renewToken() {
  request ??= requestToken().finally(() => { request = undefined })
  return request
}

async function requestToken() {
  clearTimeout(timer)
  try {
    const headers = headersOfThisPage()
    // The old token, however old: a guest keeps its name.
    if (latest.token) headers.authorization = `Bearer ${latest.token}`
    const response = await fetch(TOKEN, { method: "POST", headers })
    if (response.status === 401) return stop(SIGNED_OUT)
    // Another attempt would not help: the page is of a session that has ended, or of another site.
    if (response.status === 403) return stop(REFUSED)
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    use(await response.json())
  } catch (error) {
    const seconds = RETRIES[Math.min(failures, RETRIES.length - 1)]
    failures += 1
    timer = setTimeout(renewToken, seconds * 1000)
    console.error(`No token for the socket; the next attempt is in ${seconds} s:`, error)
  }
}

function use(answer) {
  latest = answer
  failures = 0
  const { user, expires_in: seconds = 15 * 60 } = answer
  timer = setTimeout(renewToken, seconds * 1000 * 2 / 3) // well before it expires
  resolveUser(user)
  document.querySelector("#signed-out")?.remove()
  waiting.forEach((socket) => socket.connect())
  waiting.clear()
}

// No further attempts until a call of `renewToken`.
function stop(reason) {
  latest = { token: "" }
  failures = 0
  for (const socket of sockets) {
    socket.disconnect()
    waiting.add(socket)
  }
  if (document.querySelector("#signed-out")) return

  const notice = Object.assign(document.createElement("p"), { id: "signed-out", className: "notice" })
  notice.setAttribute("role", "alert")
  notice.innerHTML = reason
  ;(document.querySelector("main") ?? document.body).prepend(notice)
}

renewToken()
