// Does with phoenix.js what pages do, and fails at the first thing that is not as it should be.
import assert from "node:assert/strict"
import {createRequire} from "node:module"

const {Socket, Presence, LongPoll} = createRequire(import.meta.url)(process.env.PHOENIX_JS)
const addr = process.argv[2]
const url = `ws://${addr}/socket`

setTimeout(() => { console.error("took too long"); process.exit(1) }, 30000).unref()

const answer = push => new Promise((resolve, reject) =>
  push.receive("ok", resolve).receive("error", reject).receive("timeout", () => reject(new Error("timeout"))))
const next = (channel, event) => new Promise(resolve => {
  const ref = channel.on(event, payload => { channel.off(event, ref); resolve(payload) })
})
const until = async (what, done) => {
  while(!done()){ await new Promise(resolve => setTimeout(resolve, 5)) }
  console.log(what)
}

for(const transport of [undefined, LongPoll]){
  const name = transport ? "longpoll" : "websocket"
  const socket = new Socket(url, {transport, authToken: "s3cret?>"})
  socket.connect()
  const room = socket.channel("room:1", {user: "alice"})
  const presence = new Presence(room)
  await answer(room.join())
  assert.deepEqual(await answer(room.push("ping", {n: "é"})), {n: "é"})
  assert.deepEqual(await answer(room.push("token", {})), {token: "s3cret?>"})
  const shout = next(room, "shout")
  room.push("shout", {a: 1})
  assert.deepEqual(await shout, {a: 1})
  console.log(`${name}: join, push, reply, broadcast, token`)

  const other = new Socket(url, {transport})
  other.connect()
  const bob = other.channel("room:1", {user: "bob"})
  await answer(bob.join())
  await until(`${name}: bob has come`, () => presence.list().length === 2)
  room.push("away", {})
  await until(`${name}: alice is away`, () => presence.state.alice.metas[0].n === 2)
  assert.equal(presence.state.alice.metas.length, 1)
  other.disconnect()
  if(!transport){ await until(`${name}: bob has gone`, () => presence.list().length === 1) }

  if(!transport){
    const bytes = new Uint8Array([0, 255, 1]).buffer
    assert.deepEqual(new Uint8Array(await answer(room.push("ping", bytes))), new Uint8Array(bytes))
    const image = next(room, "shout")
    room.push("shout", bytes)
    assert.deepEqual(new Uint8Array(await image), new Uint8Array(bytes))
    console.log(`${name}: bytes`)
  }

  const unchanged = new Promise(resolve => room.push("unchanged", {since: 3}).receive("unchanged", resolve))
  assert.deepEqual(await unchanged, {since: 3})
  let opened = 0
  socket.onOpen(() => opened++)
  room.push("kick", {})
  await until(`${name}: it was disconnected and connected again`, () => opened === 1)
  await until(`${name}: and joined again`, () => room.state === "joined")
  assert.deepEqual(await answer(room.push("ping", {})), {})

  let errors = 0
  room.onError(() => errors++)
  room.push("crash", {})
  await until(`${name}: the channel crashed`, () => errors === 1)
  await until(`${name}: and joined again`, () => room.state === "joined")
  let closed = false
  room.onClose(() => { closed = true })
  room.push("stop", {})
  await until(`${name}: the channel was stopped`, () => closed)
  socket.disconnect()
}

class NoWebSocket {
  constructor(){ setTimeout(() => { this.onerror({}); this.onclose({code: 1006}) }, 0) }
  close(){}
}
const fallen = new Socket(url, {transport: NoWebSocket, longPollFallbackMs: 100, sessionStorage: {getItem(){}, setItem(){}}})
fallen.connect()
await answer(fallen.channel("room:2", {}).join())
assert.equal(fallen.transport, LongPoll)
console.log("fell back to long-polling")
process.exit(0)
