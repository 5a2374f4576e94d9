// A page that goes offline at random moments, on a topic with a history: each message arrives once and in order, or the page is told.
//
// Chromium's offline mode refuses new connections and closes none of the open WebSockets (Chromium 156): the test cuts these by a
// proxy, before the mode, after it, or not at all. HISTORY_SECONDS is the duration, HISTORY_SEED the start of the random moments.

import assert from "node:assert/strict"
import { connect, createServer } from "node:net"
import { once } from "node:events"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import WebSocket from "ws"
import { appUrl, isPhoenix, soon } from "./app.mjs"
import { launch, open, waitUntil } from "./browser.mjs"

const TOPIC = "news:lobby" // History::last(100)
const CARD = `[data-socket="UserSocket"] [data-channel="${TOPIC}"]`
const INTERVAL = 10 // milliseconds between two messages

const seconds = Number(process.env.HISTORY_SECONDS ?? 5)
const seed = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31))
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

// The Phoenix stack has no histories.
if (!isPhoenix()) test("a page that was offline has every message once and in order, or is told", async (t) => {
  const { page, proxy, publisher, random, pages, caughtUp } = await start(t)

  publisher.go()
  const end = Date.now() + 1000 * seconds
  for (let round = 0; Date.now() < end || publisher.sent() < 300; round++) { // longer on a slow machine
    await sleep(random(50, 400))
    const cut = round % 3 // 0: before the mode, 1: after it, 2: not at all
    if (cut === 0) proxy.cut()
    await page.setOfflineMode(true)
    if (cut === 1) proxy.cut()
    await sleep(random(50, 300)) // 30 messages: the history has them
    await page.setOfflineMode(false)
    await caughtUp()
  }

  await page.setOfflineMode(true)
  proxy.cut()
  await publisher.send(150) // the history has 100
  await page.setOfflineMode(false)
  await pages("the loss", () => window.log.includes("lost"))
  await caughtUp()

  const log = await page.evaluate(() => window.log)
  log.forEach((entry, at) => {
    if (at > 0 && entry !== "lost" && log[at - 1] !== "lost") {
      assert.equal(entry, log[at - 1] + 1, `HISTORY_SEED=${seed}: ${log.slice(Math.max(0, at - 3), at + 3)}`)
    }
  })
  const losses = log.filter((entry) => entry === "lost").length
  t.diagnostic(`${publisher.sent()} messages, ${log.length - losses} received, ${losses} times lost: HISTORY_SEED=${seed}`)
})

if (!isPhoenix()) test("the inspector shows the number of messages that a channel has recovered", async (t) => {
  const { page, proxy, publisher, pages, caughtUp } = await start(t)
  const shown = (text) => pages(text, (selector, text) => document.querySelector(selector).textContent === text,
    `${CARD} [data-reply]`, text)

  await publisher.send(3)
  await caughtUp()
  for (const missed of [7, 100, 1]) {
    await page.setOfflineMode(true)
    proxy.cut()
    await publisher.send(missed)
    await page.setOfflineMode(false)
    await shown(`recovered ${missed}`)
    await caughtUp()
  }

  assert.deepEqual(await page.evaluate(() => window.log), Array.from({ length: 111 }, (_, at) => at + 1))
})

/** Opens the page by a proxy, and joins a publisher. */
async function start(t) {
  const proxy = await startProxy(t, new URL(appUrl()).port)
  const { page } = await open(t, browser, `http://localhost:${proxy.port}`)
  await page.waitForSelector(`${CARD}[data-state="joined"]`)
  await page.evaluate(listen)
  const publisher = await startPublisher(t)
  const pages = async (what, condition, ...values) => {
    await soon(`${what} (HISTORY_SEED=${seed})`, waitUntil(page, condition, ...values))
  }
  const caughtUp = () => pages(`message ${publisher.sent()}`, (n) => window.log.some((entry) => entry >= n), publisher.sent())
  return { page, proxy, publisher, random: dice(seed | 1), pages, caughtUp }
}

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

/** Sends numbers to the topic by a connection of its own: at an interval, or as many as asked for. */
async function startPublisher(t) {
  const socket = new WebSocket(`${appUrl().replace(/^http/, "ws")}/socket/websocket?vsn=2.0.0`)
  await once(socket, "open")
  const push = (ref, event, payload) => socket.send(JSON.stringify(["1", ref, TOPIC, event, payload]))
  push("1", "phx_join", {})
  await once(socket, "message")
  let sent = 0
  let received = 0
  socket.on("message", (message) => { received = JSON.parse(message)[4].n ?? received })
  const next = () => push(null, "shout", { n: ++sent })
  let timer
  t.after(() => {
    clearInterval(timer)
    socket.terminate()
  })
  return {
    sent: () => sent,
    go: () => { timer = setInterval(next, INTERVAL) },
    /** Sends messages, and waits until the server has them. */
    send: async (count) => {
      for (let n = 0; n < count; n++) next()
      const last = sent
      while (received < last) await soon(`message ${last}`, once(socket, "message"))
    },
  }
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
