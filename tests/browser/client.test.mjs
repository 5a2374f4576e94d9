// The stock Phoenix client, unchanged, against a generated app.

import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { Presence, Socket } from "phoenix"
import WebSocket from "ws"
import { appUrl, freePort, soon, startApp } from "./app.mjs"

const opened = [] // what a test opened, closed after it whether it passed or not

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

test("joins and gets its ping back", async () => {
  const channel = connect(appUrl()).channel("user:lobby", {})

  assert.deepEqual(await reply(channel.join(), "join"), { ok: {} })
  assert.deepEqual(await reply(channel.push("ping", { n: 1, text: "héllo 🦀" }), "ping"), { ok: { n: 1, text: "héllo 🦀" } })
})

test("a shout reaches all clients in the topic, including the sender, and no other topic", async () => {
  const topic = unique("user")
  const [sender, listener, stranger] = [topic, topic, unique("user")].map((name) => connect(appUrl()).channel(name, {}))
  const strange = []
  stranger.onMessage = (event, payload) => { strange.push(event); return payload }
  for (const channel of [sender, listener, stranger]) await reply(channel.join(), "join")

  const heard = [sender, listener].map((channel) => next(channel, "shout"))
  sender.push("shout", { body: "hello" })

  assert.deepEqual(await soon("both hear the shout", Promise.all(heard)), [{ body: "hello" }, { body: "hello" }])
  // A reply on the same connection arrives after all earlier messages.
  await reply(stranger.push("ping", {}), "ping")
  assert.ok(!strange.includes("shout"), `the other topic heard: ${strange}`)
})

test("one connection carries many channels", async () => {
  const socket = connect(appUrl())
  const channels = [1, 2, 3, 4, 5].map((n) => socket.channel(`user:${n}`, {}))

  await Promise.all(channels.map((channel) => reply(channel.join(), `join ${channel.topic}`)))

  const replies = channels.map((channel, n) => reply(channel.push("ping", { n }), `ping ${channel.topic}`))
  assert.deepEqual(await Promise.all(replies), channels.map((_, n) => ({ ok: { n } })))
})

test("after a leave, a channel is closed, receives nothing, and can be joined again", async () => {
  const topic = unique("user")
  const socket = connect(appUrl())
  const other = connect(appUrl()).channel(topic, {})
  const left = socket.channel(topic, {})
  const heard = []
  left.on("shout", (payload) => heard.push(payload))
  await reply(left.join(), "join")
  await reply(other.join(), "the other join")

  const closed = new Promise((resolve) => left.onClose(resolve))
  assert.deepEqual(await reply(left.leave(), "leave"), { ok: {} })
  await soon("phx_close", closed)
  const echo = next(other, "shout")
  other.push("shout", { body: "anyone?" })
  await soon("the other hears itself", echo)

  const again = socket.channel(topic, {})
  assert.deepEqual(await reply(again.join(), "join again"), { ok: {} })
  assert.deepEqual({ state: left.state, heard }, { state: "closed", heard: [] })
})

test("a topic without a channel is refused, and its socket stays open", async () => {
  const socket = connect(appUrl())
  const refused = socket.channel("nope:1", {})

  assert.deepEqual(await reply(refused.join(), "join nope:1"), { error: { reason: "unmatched topic" } })
  refused.leave()

  assert.deepEqual(await reply(socket.channel("user:lobby", {}).join(), "join user:lobby"), { ok: {} })
})

test("an unknown event crashes only its channel, which then rejoins", async () => {
  const socket = connect(appUrl())
  const [crashing, neighbour] = [unique("user"), unique("user")].map((topic) => socket.channel(topic, {}))
  let neighbourErrors = 0
  neighbour.onError(() => { neighbourErrors += 1 })
  await reply(neighbour.join(), "the neighbour's join")
  const [joined, joinedAgain] = joinTwice(crashing)
  await soon("join", joined)

  const crashed = new Promise((resolve) => crashing.onError(resolve))
  crashing.push("no_such_event", {})

  await soon("phx_error", crashed)
  await soon("joined again", joinedAgain)
  assert.deepEqual(await reply(crashing.push("ping", { back: true }), "ping"), { ok: { back: true } })
  assert.equal(neighbourErrors, 0)
})

test("after a crash of the server the client reconnects and rejoins", async () => {
  const port = await freePort()
  let app = await start(port)
  const socket = connect(app.url)
  const channel = socket.channel("user:lobby", {})
  const [joined, joinedAgain] = joinTwice(channel)
  await soon("join", joined)

  const lost = new Promise((resolve) => channel.onError(resolve))
  await app.kill()
  await soon("the client notices", lost)
  app = await start(port)

  await soon("joined again", joinedAgain)
  assert.deepEqual(await reply(channel.push("ping", { still: "here" }), "ping"), { ok: { still: "here" } })
})

test("a socket that requires a token accepts clients with one, under the name in it, and no others", async () => {
  const stranger = connect(appUrl(), "/device_socket")
  await soon("the refusal", new Promise((resolve) => stranger.onError(resolve)))
  assert.equal(stranger.isConnected(), false)

  const answer = await fetch(`${appUrl()}/token`, { method: "POST", headers: { "x-requested-with": "fetch" } })
  const { token: authToken } = await answer.json()
  const channel = connect(appUrl(), "/device_socket", { authToken }).channel("sensor:one", {})
  const presence = new Presence(channel)
  const there = new Promise((resolve) => presence.onSync(() => resolve(presence.list((name) => name))))
  assert.deepEqual(await reply(channel.join(), "join"), { ok: {} })

  const names = await soon("the presences", there)
  assert.equal(names.length, 1)
  assert.match(names[0], /^guest-[0-9a-f]{8}$/)
})

async function start(port) {
  const app = await startApp({ port })
  opened.push(app.kill)
  return app
}

function connect(url, path = "/socket", options = { params: { token: undefined } }) {
  const socket = new Socket(url.replace(/^http/, "ws") + path, { transport: WebSocket, ...options })
  opened.push(() => new Promise((resolve) => socket.disconnect(resolve)))
  socket.connect()
  return socket
}

/** Resolves with the reply to a push: `{ ok: response }` or `{ error: response }`. */
function reply(push, what) {
  return soon(`the reply to ${what}`, new Promise((resolve, reject) => {
    push.receive("ok", (response) => resolve({ ok: response }))
      .receive("error", (response) => resolve({ error: response }))
      .receive("timeout", () => reject(new Error(`${what}: timed out`)))
  }))
}

/** Joins, and promises the first answer of "ok" and the second, which is of the client's own doing. */
function joinTwice(channel) {
  const resolvers = []
  const answers = [1, 2].map(() => new Promise((resolve) => resolvers.push(resolve)))
  channel.join().receive("ok", (response) => resolvers.shift()?.(response))
  return answers
}

function next(channel, event) {
  return new Promise((resolve) => {
    const ref = channel.on(event, (payload) => { channel.off(event, ref); resolve(payload) })
  })
}

/** A topic of this test alone: tests run beside each other on one app. */
function unique(prefix) {
  return `${prefix}:${crypto.randomUUID()}`
}
