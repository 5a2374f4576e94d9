// Two instances of an app, connected by Redis: APP_URL and OTHER_URL, with a channel User that has presences.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Presence, Socket } from "phoenix"
import WebSocket from "ws"
import { appUrl, soon } from "./app.mjs"

const otherUrl = process.env.OTHER_URL.replace(/\/$/, "")

async function join(url) {
  const socket = new Socket(`${url.replace(/^http/, "ws")}/socket`, { transport: WebSocket })
  socket.connect()
  const channel = socket.channel("user:lobby", {})
  const presence = new Presence(channel)
  const synced = (count) => soon(`${count} are there`, new Promise((resolve) => {
    const check = () => Object.values(presence.state).flatMap(({ metas }) => metas).length === count && resolve()
    presence.onSync(check)
    check()
  }))
  await soon("join", new Promise((resolve, reject) => channel.join().receive("ok", resolve).receive("error", reject)))
  return { socket, channel, synced }
}

const next = (channel, event) => soon(event, new Promise((resolve) => channel.on(event, resolve)))

test("clients of two instances hear and see each other", async () => {
  const one = await join(appUrl())
  const two = await join(otherUrl)
  await Promise.all([one.synced(2), two.synced(2)])

  const heard = [next(one.channel, "shout"), next(two.channel, "shout")]
  two.channel.push("shout", { body: "hello" })
  assert.deepEqual(await Promise.all(heard), [{ body: "hello" }, { body: "hello" }])

  two.socket.disconnect()
  await one.synced(1)
  one.socket.disconnect()
})
