// A page that goes offline at random moments, on a topic with a history: each message arrives once and in order, or the page is told.
//
// Chromium's offline mode refuses new connections and closes none of the open WebSockets (Chromium 156): the test cuts these by a
// proxy, before the mode, after it, or not at all. OFFLINE_SEED is another start of the random moments.

import assert from "node:assert/strict"
import { connect, createServer } from "node:net"
import { once } from "node:events"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import WebSocket from "ws"
import { appUrl, isPhoenix, PATIENCE, soon } from "./app.mjs"
import { launch, open } from "./browser.mjs"

const TOPIC = "news:lobby" // History::last(100)
const CARD = `[data-socket="UserSocket"] [data-channel="${TOPIC}"]`
const ROUNDS = 8
const INTERVAL = 10 // milliseconds between two messages

const seed = Number(process.env.OFFLINE_SEED ?? Math.floor(Math.random() * 2 ** 31)) | 1
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

// The Phoenix stack has no histories.
if (!isPhoenix()) test("a page that was offline has every message once and in order, or is told", async (t) => {
  const proxy = await startProxy(t, new URL(appUrl()).port)
  const { page } = await open(t, browser, `http://localhost:${proxy.port}`)
  await page.waitForSelector(`${CARD}[data-state="joined"]`)
  await page.evaluate(listen)
  const publisher = await startPublisher(t)
  const random = dice(seed)
  const pages = async (what, condition, ...values) => {
    await soon(`${what} (OFFLINE_SEED=${seed})`, page.waitForFunction(condition, { timeout: PATIENCE }, ...values))
  }
  const caughtUp = async () => {
    const sent = publisher.sent()
    await pages(`message ${sent}`, (n) => window.log.some((entry) => entry >= n), sent)
  }

  for (let round = 0; round < ROUNDS; round++) {
    await sleep(random(50, 400))
    const cut = round % 3 // 0: before the mode, 1: after it, 2: not at all
    if (cut === 0) proxy.cut()
    await page.setOfflineMode(true)
    if (cut === 1) proxy.cut()
    await sleep(random(50, 300)) // 30 messages: the history has them
    await page.setOfflineMode(false)
    await caughtUp()
  }
  const recovered = await page.$eval(`${CARD} [data-reply]`, (reply) => reply.textContent)
  assert.match(recovered, /^recovered \d+$/)

  await page.setOfflineMode(true)
  proxy.cut()
  await sleep(2000) // 200 messages: the history has 100
  await page.setOfflineMode(false)
  await pages("the loss", () => window.log.includes("lost"))
  await caughtUp()

  const log = await page.evaluate(() => window.log)
  assert.ok(log.length > 300, `${log.length} messages`)
  log.forEach((entry, at) => {
    if (at > 0 && entry !== "lost" && log[at - 1] !== "lost") {
      assert.equal(entry, log[at - 1] + 1, `OFFLINE_SEED=${seed}: ${log.slice(Math.max(0, at - 3), at + 3)}`)
    }
  })
})

/** Keeps what the page's channel receives, and the losses that it is told, in order. Runs in the page. */
async function listen() {
  const { newsChannel } = await import("/assets/js/user_socket.js")
  window.log = []
  const warn = console.warn
  console.warn = (text) => { // by the function that was generated
    if (/are lost/.test(text)) window.log.push("lost")
    warn(text)
  }
  newsChannel.on("shout", ({ n }) => window.log.push(n))
}

/** Sends numbers to the topic by a connection of its own. */
async function startPublisher(t) {
  const socket = new WebSocket(`${appUrl().replace(/^http/, "ws")}/socket/websocket?vsn=2.0.0`)
  await once(socket, "open")
  const push = (ref, event, payload) => socket.send(JSON.stringify(["1", ref, TOPIC, event, payload]))
  push("1", "phx_join", {})
  await once(socket, "message")
  let sent = 0
  const timer = setInterval(() => push(null, "shout", { n: ++sent }), INTERVAL)
  t.after(() => {
    clearInterval(timer)
    socket.terminate()
  })
  return { sent: () => sent }
}

/** Starts a proxy whose connections can be cut. */
async function startProxy(t, port) {
  const lines = new Set()
  const server = createServer((client) => {
    const app = connect(port, "127.0.0.1")
    for (const [from, to] of [[client, app], [app, client]]) {
      lines.add(from)
      from.on("error", () => {}).on("close", () => { to.destroy(); lines.delete(from) }).pipe(to)
    }
  })
  const cut = () => lines.forEach((line) => line.destroy())
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    cut()
    server.close()
  })
  return { port: server.address().port, cut }
}

/** Numbers without a pattern (xorshift). */
function dice(state) {
  return (from, to) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return from + (state >>> 0) % (to - from)
  }
}
