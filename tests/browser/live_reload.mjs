// `hello-sockets dev` on a generated app with the channel User, in a browser: each change of a file reaches the page.
//
//   HELLO_SOCKETS   the command
//   APP_DIR         the folder of the app, whose files are changed
//   ROUNDS          number of measurements of each kind; with it, limits are checked, on a quiet machine

import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { after, before, test } from "node:test"
import { appFolder, PATIENCE, screenshotPath } from "./app.mjs"
import { launch, open } from "./browser.mjs"

const BUILD = 120_000 // maximum time of a build, in milliseconds
const ROUNDS = Number(process.env.ROUNDS ?? 0)
const JOINED = '[data-socket="UserSocket"] [data-channel="user:lobby"][data-state="joined"]'
const ERRORS = "hello-sockets-errors"

let browser, dev

before(async () => {
  browser = await launch()
  dev = await start()
})

after(async () => {
  await browser?.close()
  dev?.child.kill("SIGKILL")
})

test("a page that is opened during the first build becomes that of the app", async (t) => {
  const { page } = await open(t, browser, dev.url)
  assert.equal(await page.$eval("h1", (heading) => heading.textContent), "Building…")

  await page.waitForSelector(JOINED, { timeout: BUILD })
})

test("a stylesheet is swapped in place, by an event of Phoenix's protocol", async (t) => {
  const { page } = await open(t, browser, "about:blank")
  const frames = await liveReloadFrames(page)
  await page.goto(dev.url)
  await page.waitForSelector(JOINED)
  await page.evaluate(() => { window.isSame = true })

  await measure("stylesheet to pixel", 150, async (round) => {
    const color = `rgb(${round}, 2, 3)`
    const shown = page.evaluate((color) => new Promise((resolve) => {
      const look = () => getComputedStyle(document.body).outlineColor === color ? resolve(Date.now()) : requestAnimationFrame(look)
      look()
    }), color)
    const start = change("assets/css/app.css", (css) => `${css}\nbody { outline: 0 solid ${color} }\n`)
    return await shown - start
  })

  assert.ok(await page.evaluate(() => window.isSame), "the page was not reloaded")
  assert.equal((await page.$$("link[rel=stylesheet]")).length, 1)
  assert.deepEqual(frames[0], ["1", "1", "phoenix:live_reload", "phx_join", {}])
  assert.deepEqual(frames[1], ["1", "1", "phoenix:live_reload", "phx_reply", { status: "ok", response: {} }])
  assert.deepEqual(frames[2], [null, null, "phoenix:live_reload", "assets_change", { asset_type: "css" }])
})

test("a path without a route has the headers and the log line of the app", { timeout: PATIENCE }, async () => {
  const logged = dev.line("GET /nowhere sent 404")

  const response = await fetch(new URL("/nowhere", dev.url))

  assert.equal(response.status, 404)
  assert.equal(response.headers.get("x-content-type-options"), "nosniff")
  await logged
})

test("a script reloads the page", async (t) => {
  const { page } = await open(t, browser, dev.url)
  await page.waitForSelector(JOINED)

  await measure("script to reloaded page", 500, async (round) => {
    const start = change("assets/js/app.js", (script) => `${script}\ndocument.body.dataset.round = ${round}\n`)
    await page.waitForFunction((round) => document.body?.dataset.round === String(round), {}, round)
    return Date.now() - start
  })
  await page.waitForSelector(JOINED)
})

test("a changed channel is built, its clients rejoin, and each request is answered", async (t) => {
  const { page, complaints } = await open(t, browser, dev.url)
  await page.waitForSelector(JOINED)
  await page.evaluate(() => { window.isSame = true })

  await measure("server ready to rejoined client", 300, async (round) => {
    const reply = JSON.stringify({ round })
    let isOver = false
    const requests = hammer(() => isOver)
    const ready = dev.line("* serving")
    change("src/channels/user_channel.rs", (channel) =>
      channel.replace(/"ping" => .*/, `"ping" => Ok(Reply::ok(serde_json::json!(${reply}))),`))
    const start = await ready.then(() => Date.now())
    const rejoined = await page.waitForFunction((joined, reply) => {
      const card = document.querySelector(joined)
      if (card?.querySelector("[data-reply]").textContent.includes(reply)) return Date.now()
      card?.querySelector("[data-ping]").click()
    }, { timeout: BUILD, polling: 20 }, JOINED, reply)
    isOver = true
    assert.deepEqual(await requests, [])
    return await rejoined.jsonValue() - start
  })

  assert.ok(await page.evaluate(() => window.isSame), "the page was not reloaded")
  assert.deepEqual(complaints.filter((line) => !line.includes("WebSocket connection to")), [])
})

test("a failed build covers the page with its errors, until it is mended", async (t) => {
  const { page } = await open(t, browser, dev.url)
  await page.waitForSelector(JOINED)
  const path = "src/channels/user_channel.rs"
  const intact = readFileSync(join(appFolder(), path), "utf8")

  const line = intact.split("\n").length
  change(path, (channel) => `${channel}let answer: u32 = "<b>no</b>";\n`)

  await page.waitForSelector(ERRORS, { timeout: BUILD })
  const shown = () => page.$eval(ERRORS, ({ shadowRoot }) => shadowRoot.querySelector("section").textContent)
  assert.match(await shown(), new RegExp(`${path}:${line}:1.*expected item, found keyword .let.`, "s"))
  assert.match(await shown(), /<b>no<\/b>/)
  await page.screenshot({ path: screenshotPath("build-failed") })
  assert.ok(await page.$(JOINED), "the old server goes on")

  // A page that is opened later shows them as well.
  const { page: later } = await open(t, browser, dev.url)
  await later.waitForSelector(ERRORS)

  // On a phone, the button is beside the heading.
  await later.setViewport({ width: 360, height: 740 })
  const [button, ...lines] = await later.$eval(ERRORS, ({ shadowRoot }) => {
    const heading = document.createRange()
    heading.selectNodeContents(shadowRoot.querySelector("h1"))
    const boxes = [shadowRoot.querySelector("button").getBoundingClientRect(), ...heading.getClientRects()]
    return boxes.map(({ left, right, top, bottom }) => ({ left, right, top, bottom }))
  })
  const isBeside = ({ left, right, top, bottom }) =>
    right <= button.left || left >= button.right || bottom <= button.top || top >= button.bottom
  assert.ok(lines.length > 0 && lines.every(isBeside), JSON.stringify([button, lines]))

  change(path, () => intact)
  for (const each of [page, later]) {
    await each.bringToFront() // others run no animation frames
    await each.waitForFunction((errors) => !document.querySelector(errors), { timeout: BUILD }, ERRORS)
  }
})

test("Ctrl-C ends the app", async () => {
  const exited = once(dev.child, "exit")
  dev.child.kill("SIGINT")
  assert.deepEqual(await exited, [130, null])
  await assert.rejects(fetch(dev.url))
})

/** Starts `dev`, and resolves once it listens. `line` resolves with the next line that contains a text. */
async function start() {
  const args = ["dev", "--port", "0", "--color", "never"]
  const child = spawn(process.env.HELLO_SOCKETS, args, { cwd: appFolder(), stdio: ["ignore", "pipe", "inherit"] })
  const waiting = new Set()
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("* ")) console.log(line)
    for (const wait of waiting) if (line.includes(wait.text)) { waiting.delete(wait); wait.resolve(line) }
  })
  const line = (text) => new Promise((resolve) => waiting.add({ text, resolve }))
  const url = (await line("* listening on")).split(" ").at(-1)
  return { child, url, line }
}

/** Replaces a file of the app, and returns the time before. */
function change(path, edit) {
  const file = join(appFolder(), path)
  const contents = edit(readFileSync(file, "utf8"))
  const start = Date.now()
  writeFileSync(file, contents)
  return start
}

/** Runs `once` for each round, and checks its median, in milliseconds, if there are rounds to measure. */
async function measure(what, limit, once) {
  const times = []
  for (let round = 1; round <= Math.max(ROUNDS, 1); round += 1) times.push(await once(round))
  times.sort((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)]
  console.log(`${what}: ${median} ms (${times[0]} to ${times.at(-1)})`)
  if (ROUNDS > 0) assert.ok(median <= limit, `${what}: ${median} ms, and the limit is ${limit}`)
}

/** Requests the page on new connections until `isOver`, and resolves with all failures. */
async function hammer(isOver) {
  const failures = []
  while (!isOver()) {
    try {
      const response = await fetch(dev.url, { headers: { connection: "close" }, signal: AbortSignal.timeout(PATIENCE) })
      if (response.status !== 200) failures.push(response.status)
      await response.text()
    } catch (error) {
      failures.push(String(error.cause ?? error))
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return failures
}

/** Returns the list of all messages of the live-reload socket, as DevTools shows them. */
async function liveReloadFrames(page) {
  const tools = await page.createCDPSession()
  await tools.send("Network.enable")
  const frames = []
  let socket
  tools.on("Network.webSocketCreated", ({ requestId, url }) => {
    if (new URL(url).pathname === "/phoenix/live_reload/socket/websocket") socket = requestId
  })
  for (const event of ["Network.webSocketFrameSent", "Network.webSocketFrameReceived"]) {
    tools.on(event, ({ requestId, response }) => {
      if (requestId === socket) frames.push(JSON.parse(response.payloadData))
    })
  }
  return frames
}
