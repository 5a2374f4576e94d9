// Clients on a line that is cut at random: each receives every number once and in order, or is told that it missed some.
//
// The arguments are the addresses of the nodes: after each cut, a client comes to any of them. HISTORY_SECONDS is the duration,
// HISTORY_SEED the start of the random moments.
import assert from "node:assert/strict"
import {readFileSync} from "node:fs"
import {createRequire} from "node:module"
import {connect, createServer} from "node:net"

globalThis.self ??= globalThis // phoenix.js 1.7 needs it
const require = createRequire(import.meta.url)
const {Socket, LongPoll} = require(process.env.PHOENIX_JS)
const {version} = require(`${process.env.PHOENIX_JS}/package.json`)
const module = readFileSync(new URL("../../js/recover.js", import.meta.url)) // a package without a type: not as a file
const {recover} = await import(`data:text/javascript,${encodeURIComponent(module)}`)
const nodes = process.argv.slice(2).map(address => address.split(":"))
const seconds = Number(process.env.HISTORY_SECONDS ?? 5)
const seed = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31))

// Numbers without a pattern (xorshift).
let dice = seed | 1
const random = (from, to) => {
  dice ^= dice << 13
  dice ^= dice >>> 17
  dice ^= dice << 5
  return from + (dice >>> 0) % (to - from)
}
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

// A proxy that cuts all of its connections at random.
const lines = new Set()
let isCut = false
let cutHandshakes = 0
const proxy = createServer(client => {
  if(isCut){ return client.on("error", () => {}).destroy() }
  if(cutHandshakes > 0){ // the server has seen the request, and the client sees no answer
    cutHandshakes--
    return client.on("error", () => {}).once("data", () => client.destroy())
  }
  const [host, port] = nodes[random(0, nodes.length)]
  const server = connect(port, host)
  for(const [from, to] of [[client, server], [server, client]]){
    from.on("error", () => {}).on("close", () => { to.destroy(); lines.delete(from) }).pipe(to)
    lines.add(from)
  }
})
await new Promise(resolve => proxy.listen(0, "127.0.0.1", resolve))
const url = `ws://127.0.0.1:${proxy.address().port}/socket`

// A connection that is closed as soon as it is lost, as in a browser. That of node stays in the state CLOSING for seconds, one that
// could not be made has no close event, and one that is cut during its handshake may have no event at all.
class Line extends WebSocket {
  #isOver = false

  constructor(...args){
    super(...args)
    this.addEventListener("close", () => { this.#isOver = true })
    this.addEventListener("error", () => this.#lost())
    setTimeout(() => super.readyState === WebSocket.CONNECTING && this.#lost(), 500)
  }

  #lost(){
    if(this.#isOver){ return }
    this.#isOver = true
    this.onclose?.({code: 1006})
    this.onclose = this.onopen = null
  }

  get readyState(){ return this.#isOver ? WebSocket.CLOSED : super.readyState }
}

const transports = [Line, Line, Line]
// That of 1.7 needs a browser, and a session of long-polling is on one node.
if(!version.startsWith("1.7") && nodes.length === 1){ transports.push(LongPoll) }

cutHandshakes = 2 * transports.length // the first of each client, and others
const joined = []
const clients = transports.map(transport => {
  const client = {last: undefined, received: 0, recovered: 0, lost: 0}
  const socket = new Socket(url, {transport, reconnectAfterMs: () => 50, rejoinAfterMs: () => 50})
  const channel = recover(socket.channel.bind(socket), "room:1", {}, () => { client.lost++; client.last = undefined })
  channel.on("count", ({n}) => {
    if(client.last !== undefined){ assert.equal(n, client.last + 1) }
    client.last = n
    client.received++
  })
  joined.push(new Promise(resolve => channel.join().receive("ok", ({recover}) => {
    client.recovered += recover.missed ?? 0
    resolve()
  })))
  socket.connect()
  return client
})

process.on("uncaughtException", error => {
  console.error(error, clients, `HISTORY_SEED=${seed}`)
  process.exit(1)
})
await Promise.all(joined)
assert.equal(cutHandshakes, 0)
const end = Date.now() + 1000 * seconds
let wasAway = false
const isDone = () => clients.every(({received, recovered, lost}) => received > 10 * seconds && recovered > 0 && lost > 0)
while(Date.now() < end || (!isDone() && Date.now() < end + 30_000)){ // longer on a slow machine
  await sleep(random(20, 600))
  if(!wasAway && Date.now() > end - 500 * seconds){
    wasAway = true
    await cutFor(2000) // longer than the history
  }
  cutHandshakes = random(0, 3)
  for(const line of lines){ line.destroy() }
}
cutHandshakes = 0
const latest = Math.max(...clients.map(({last}) => last ?? 0))
while(!clients.every(({last}) => last > latest)){ // after the last reconnect; all of them go on
  assert(Date.now() < end + 60_000, "a client receives nothing any more")
  await sleep(20)
}
console.log(clients, `HISTORY_SEED=${seed}`)
for(const client of clients){
  assert(client.received > 10 * seconds, "it received numbers")
  assert(client.recovered > 0, "it recovered some")
  assert(client.lost > 0, "it was told that some are lost")
}
process.exit(0)

async function cutFor(ms){
  isCut = true
  for(const line of lines){ line.destroy() }
  await sleep(ms)
  isCut = false
}
