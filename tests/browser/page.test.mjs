// The page of a generated app, in a browser.

import assert from "node:assert/strict"
import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { appFolder, appUrl, freePort, phoenixFolder, screenshotPath, startApp } from "./app.mjs"
import { launch, open as openIn, waitUntil } from "./browser.mjs"

const LOBBY = '[data-socket="UserSocket"] [data-channel="user:lobby"]'
const JOINED = `${LOBBY}[data-state="joined"]`

let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

test("joins the lobby at the address of the socket, without errors", async (t) => {
  const { page, complaints } = await open(t, appUrl())

  await page.waitForSelector(JOINED)

  const url = `${appUrl().replace(/^http/, "ws")}/socket/websocket?token=undefined&vsn=2.0.0`
  assert.equal(await text(page, '[data-socket="UserSocket"] [data-url]'), url)
  assert.equal(await text(page, '[data-socket="UserSocket"] > header [data-state-name]'), "open")
  assert.deepEqual(await visible(page, ".notice"), [])
  assert.deepEqual(complaints, [])
})

test("below a path of its site the page, its files, its sockets and its tokens are all below that path", async (t) => {
  const port = await freePort()
  const app = await startApp({ port, env: { HOST: `http://localhost:${port}/chat` } })
  t.after(() => app.kill())
  const elsewhere = []
  const { page, complaints } = await open(t, app.url, (request) => {
    const { pathname } = new URL(request.url())
    if (!pathname.startsWith("/chat")) elsewhere.push(pathname)
  })

  await page.waitForSelector(JOINED)
  await page.waitForSelector('[data-socket="DeviceSocket"][data-state="open"]') // it needs a token

  const url = `ws://localhost:${port}/chat/socket/websocket?token=undefined&vsn=2.0.0`
  assert.equal(await text(page, '[data-socket="UserSocket"] [data-url]'), url)
  assert.deepEqual(await visible(page, ".notice"), [])
  assert.deepEqual([elsewhere, complaints], [[], []])
  await page.screenshot({ path: screenshotPath("below-a-path"), fullPage: true })
})

test("the ping button shows the reply and how long it took", async (t) => {
  const { page } = await open(t, appUrl())
  await page.waitForSelector(JOINED)

  await page.click(`${LOBBY} [data-ping]`)

  await until(page, LOBBY, "[data-reply]", /^\d+\.\d ms · ok \{"hello":"server"\}$/)
})

test("a shout reaches a second page, as text and never as markup", async (t) => {
  const [sender, listener] = [await open(t, appUrl()), await open(t, appUrl())]
  for (const { page } of [sender, listener]) await page.waitForSelector(JOINED)
  const body = `<img src=x onerror="document.title='broken'"> ${crypto.randomUUID()}`

  await sender.page.bringToFront()
  await sender.page.type(`${LOBBY} input`, body)
  await sender.page.keyboard.press("Enter")

  for (const { page } of [listener, sender]) {
    await until(page, LOBBY, ".messages li span", body)
    assert.equal(await page.$(".messages img"), null)
  }
})

test("the list of users in a channel is shown and updated", async (t) => {
  const room = '[data-socket="UserSocket"] [data-channel="room:lobby"]'
  const first = await open(t, appUrl())
  await until(first.page, room, "[data-present]", "Here: guest")
  const second = await open(t, appUrl())

  for (const { page } of [second, first]) {
    await page.bringToFront()
    await until(page, room, "[data-present]", "Here: guest ×2")
  }
  await first.page.screenshot({ path: screenshotPath("presence"), fullPage: true })
  await second.page.close()

  await until(first.page, room, "[data-present]", "Here: guest")
  assert.deepEqual(first.complaints, [])
})

test("a socket that requires a token gets one from the page, with a user", async (t) => {
  const { page, complaints } = await open(t, appUrl())

  const card = '[data-socket="DeviceSocket"] [data-channel="sensor:lobby"]'
  await until(page, card, "[data-present]", /^Here: guest-[0-9a-f]{8}/)
  assert.deepEqual(complaints, [])
})

test("a page joins the topic of the user that its token names, and nobody else's", async (t) => {
  const [alice, bob] = [await open(t, appUrl()), await open(t, appUrl())]
  const socket = '[data-socket="DeviceSocket"]'
  const topics = []
  for (const { page, complaints } of [alice, bob]) {
    const inbox = await page.waitForSelector(`${socket} [data-channel^="inbox:"][data-state="joined"]`)
    topics.push(await inbox.evaluate((card) => card.dataset.channel))
    assert.deepEqual(complaints, [])
  }
  assert.match(topics.join(" "), /^inbox:guest-[0-9a-f]{8} inbox:guest-[0-9a-f]{8}$/)
  assert.notEqual(topics[0], topics[1])

  // The script shares the socket's channels: another user's topic is refused.
  const refused = await bob.page.evaluate(async (topic) => {
    const { default: socket } = await import("/assets/js/device_socket.js")
    return new Promise((resolve) => socket.channel(topic).join().receive("ok", resolve).receive("error", resolve))
  }, topics[0])
  assert.deepEqual(refused, { reason: "unauthorized" })
})

const DEVICE = '[data-socket="DeviceSocket"]'
const SENSOR = `${DEVICE} [data-channel="sensor:lobby"]`

/** The CSRF token of a page of the Phoenix stack. */
const CSRF_TOKEN = "the token of this page"

/** Answers requests for a token as the server does, after `change` of its answer. Returns the users that it named. */
function tokens(change) {
  const users = [] // one for each request
  const answer = async (request) => {
    if (new URL(request.url()).pathname !== "/token") return undefined

    const { "x-requested-with": script, "x-csrf-token": csrfToken, authorization = "" } = request.headers()
    // A script of the Phoenix stack sends a CSRF token instead.
    const isOwn = script === "fetch" || csrfToken === CSRF_TOKEN
    const headers = { ...isOwn && { "x-requested-with": "fetch" }, authorization }
    const response = await fetch(`${appUrl()}/token`, { method: "POST", headers })
    const body = await response.json()
    users.push(body.user)
    return change(body)
  }
  return { users, answer }
}

const json = (body) => ({ contentType: "application/json", body: JSON.stringify(body) })

test("without a token, other scripts of the page run, and its user is awaited", async (t) => {
  const { page, complaints } = await open(t, appUrl(), (request) => {
    const { pathname } = new URL(request.url())
    const body = 'import "./inspector.js"; import "./device_socket.js"; document.title = "the rest runs"'
    if (pathname === "/assets/js/app.js") return { contentType: "text/javascript", body }
    return pathname === "/token" && "lost"
  })

  await waitUntil(page, () => document.title === "the rest runs")
  await page.waitForSelector(`${DEVICE}[data-state="closed"]`)

  assert.deepEqual(await page.$$eval(`${DEVICE} [data-channel]`, (all) => all.map((each) => each.dataset.channel)), ["sensor:lobby"])
  assert.equal(await page.$eval(SENSOR, (card) => card.dataset.state), "not joined") // it waits for its socket
  const line = "No token for the socket; the next attempt is in 1 s:"
  assert.ok(complaints.some((each) => each.startsWith(line)), complaints.join("\n"))
})

test("a page whose token is refused, or was lost, requests a new one and connects", async (t) => {
  for (const first of ["lost", { status: 502 }, json({ token: "too old", user: "alice" })]) {
    const answers = [first]
    const { page } = await open(t, appUrl(), (request) => {
      const { pathname } = new URL(request.url())
      return pathname === "/token" && answers.pop()
    })

    await page.waitForSelector(`${SENSOR}[data-state="joined"]`)
  }
})

test("a page renews its token before it expires, as the same user", async (t) => {
  const { users, answer } = tokens((body) => json({ ...body, expires_in: 0.3 }))
  const { page } = await open(t, appUrl(), answer)
  await page.waitForSelector(`${SENSOR}[data-state="joined"]`)

  const before = users.length
  while (users.length < before + 2) await page.waitForResponse((response) => response.url().endsWith("/token"))

  assert.match(users[0], /^guest-[0-9a-f]{8}$/)
  assert.deepEqual(users, users.map(() => users[0]))
  assert.ok(await page.$(`${SENSOR}[data-state="joined"]`))
})

test("a page whose user has signed out disconnects for good, and says so", async (t) => {
  let isSignedIn = true
  const { users, answer } = tokens((body) => isSignedIn ? json({ ...body, expires_in: 0.6 }) : { status: 401 })
  const { page } = await open(t, appUrl(), answer)
  await page.waitForSelector(`${SENSOR}[data-state="joined"]`)

  isSignedIn = false
  const notice = await page.waitForSelector("#signed-out", { visible: true })

  assert.equal(await notice.evaluate((each) => each.textContent), "You are signed out. Sign in and reload this page to connect.")
  await page.waitForSelector(`${DEVICE}[data-state="closed"]`)
  await page.screenshot({ path: screenshotPath("signed-out-guest"), fullPage: true })
  // The rest of the page works on, and nothing asks again.
  const requests = users.length
  await page.click(`${LOBBY} [data-ping]`)
  await until(page, LOBBY, "[data-reply]", / ok /)
  assert.equal(users.length, requests)
  assert.ok(await page.$(`${DEVICE}[data-state="closed"]`))
})

const REFUSALS = [
  [401, "You are signed out. Sign in and reload this page to connect."],
  // In a Phoenix app, the CSRF token of a page ends with the session.
  [403, "The server refuses this page. Reload it to connect."],
]

for (const [status, text] of REFUSALS) {
  test(`a page whose connection was ended does not stay connected with the token of before: ${status}`, async (t) => {
    let isSignedIn = true
    const { users, answer } = tokens((body) => isSignedIn ? json(body) : { status })
    const { page } = await open(t, appUrl(), answer)
    await page.waitForSelector(`${SENSOR}[data-state="joined"]`)
    const end = () => page.evaluate(async () => {
      const { default: socket } = await import(new URL("/assets/js/device_socket.js", location))
      socket.conn.close(4000)
    })

    await Promise.all([page.waitForResponse((response) => response.url().endsWith("/token")), end()])
    await page.waitForSelector(`${SENSOR}[data-state="joined"]`)
    assert.deepEqual(users, [users[0], users[0]])

    isSignedIn = false
    await end()
    const notice = await page.waitForSelector("#signed-out", { visible: true })
    assert.equal(await notice.evaluate((each) => each.textContent), text)
    await page.waitForSelector(`${DEVICE}[data-state="closed"]`)
    assert.equal(users.length, 3)
  })
}

test("the scripts of a Phoenix app renew the token as the same user, and stop without one", async (t) => {
  let isSignedIn = true
  const { users, answer } = tokens((body) => isSignedIn ? json({ ...body, expires_in: 0.6 }) : { status: 401 })
  const { page } = await open(t, appUrl(), async (request) => {
    const { pathname } = new URL(request.url())
    const name = pathname.split("/").at(-1)
    const script = (body) => ({ contentType: "text/javascript", body })
    if (name === "app.js") {
      // As in the layout of that stack. Chromium lets no page connect that was answered as a whole in the server's place.
      return script(`const meta = { name: "csrf-token", content: "${CSRF_TOKEN}" }
        document.head.append(Object.assign(document.createElement("meta"), meta))
        await import("./inspector.js")
        await import("./device_socket.js")`)
    }
    if (["device_socket.js", "token.js"].includes(name)) {
      return script(readFileSync(join(phoenixFolder(), "assets/js", name), "utf8"))
    }
    return answer(request)
  })
  await page.waitForSelector(`${SENSOR}[data-state="joined"]`)

  isSignedIn = false
  await page.waitForSelector("#signed-out", { visible: true })

  await page.waitForSelector(`${DEVICE}[data-state="closed"]`)
  assert.match(users[0], /^guest-/)
  assert.deepEqual(users, users.map(() => users[0]))
})

test("a socket falls back to long-polling where WebSockets are blocked", async (t) => {
  const page = await browser.newPage()
  t.after(() => page.close())
  await page.evaluateOnNewDocument(() => {
    window.WebSocket = class extends EventTarget { close() {} send() {} } // never opens
  })
  await page.goto(appUrl())

  await page.waitForSelector('[data-socket="KioskSocket"] [data-channel="board:lobby"][data-state="joined"]')

  assert.equal(await page.$('[data-socket="UserSocket"] [data-state="joined"]'), null)
})

test("frames are listed in both directions", async (t) => {
  const { page } = await open(t, appUrl())
  await page.waitForSelector(JOINED)
  await page.click(`${LOBBY} [data-ping]`)
  await until(page, LOBBY, "[data-reply]", / ok /)

  const frames = await page.$$eval("#frames li:not(.heartbeat)", (rows) => rows.map((row) => [
    row.dataset.direction, ...JSON.parse(row.querySelector(".raw").textContent).slice(2),
  ]))

  // The page has other channels, and other tests may shout in the lobby meanwhile.
  assert.deepEqual(frames.filter(([, topic, event]) => topic === "user:lobby" && event !== "shout"), [
    ["received", "user:lobby", "phx_reply", { response: { hello: "server" }, status: "ok" }],
    ["sent", "user:lobby", "ping", { hello: "server" }],
    ["received", "user:lobby", "phx_reply", { response: {}, status: "ok" }],
    ["sent", "user:lobby", "phx_join", {}],
  ])
  await page.screenshot({ path: screenshotPath("page"), fullPage: true })
})

test("shows that the server is gone, and rejoins once it is back", async (t) => {
  const port = await freePort()
  let app = await startApp({ port })
  t.after(() => app.kill())
  const { page } = await open(t, app.url)
  await page.waitForSelector(JOINED)

  await app.kill()
  await page.waitForSelector('[data-socket="UserSocket"][data-state="reconnecting"]')
  await page.waitForSelector(`${LOBBY}[data-state="errored"]`)
  await page.screenshot({ path: screenshotPath("server-gone"), fullPage: true })
  app = await startApp({ port })

  await page.waitForSelector(JOINED)
})

test("a changed script runs from the next visit on, even if it was old", async (t) => {
  const assets = mkdtempSync(join(tmpdir(), "assets-"))
  t.after(() => rmSync(assets, { recursive: true }))
  cpSync(join(appFolder(), "assets"), assets, { recursive: true })
  const script = join(assets, "js/app.js")
  // Browsers cache a file for longer if it was changed longer ago.
  const old = new Date("2020-01-01")
  for (const file of ["index.html", "js/app.js", "js/user_socket.js"]) utimesSync(join(assets, file), old, old)
  const app = await startApp({ port: 0, env: { ASSETS: assets } })
  t.after(() => app.kill())
  const { page } = await open(t, app.url)
  await page.waitForSelector(JOINED)

  // As after `gen channel` or a deployment.
  writeFileSync(script, 'document.title = "changed"')
  await page.goto("about:blank")
  await page.goto(app.url)

  assert.equal(await page.title(), "changed")
})

test("without the phoenix package the page shows the command to run", async (t) => {
  const { page } = await open(t, appUrl(), (request) => {
    return request.url().includes("/node_modules/phoenix/") && { status: 404, body: "" }
  })

  await page.waitForSelector("#not-loaded", { visible: true })

  assert.match(await text(page, "#not-loaded"), /npm install --prefix assets/)
  await page.screenshot({ path: screenshotPath("package-missing"), fullPage: true })
})

test("without a socket the page shows the command to run", async (t) => {
  const { page } = await open(t, appUrl(), (request) => {
    const app = new URL(request.url()).pathname === "/assets/js/app.js"
    return app && { contentType: "text/javascript", body: 'import "./inspector.js"' }
  })

  await page.waitForSelector("#no-socket", { visible: true })

  assert.match(await text(page, "#no-socket"), /hello-sockets gen channel User/)
  await page.screenshot({ path: screenshotPath("no-socket"), fullPage: true })
})

test("a refused and a crashed channel show the reason on their cards", async (t) => {
  const { page } = await open(t, appUrl(), (request) => {
    const app = new URL(request.url()).pathname === "/assets/js/app.js"
    const body = `import "./inspector.js"
      import socket from "./user_socket.js"
      socket.channel("nope:1", {}).join()
      const channel = socket.channel("user:crash", {})
      channel.join().receive("ok", () => channel.push("no_such_event", {}))`
    return app && { contentType: "text/javascript", body }
  })

  await until(page, '[data-channel="nope:1"]', "[data-error]", 'refused: {"reason":"unmatched topic"}')
  await until(page, '[data-channel="user:crash"]', "[data-error]", /^crashed: /)
  await page.waitForSelector(JOINED)
  await page.screenshot({ path: screenshotPath("errors"), fullPage: true })
})

function open(t, url, answer) {
  return openIn(t, browser, url, answer)
}

/** Waits until one of `part` in `card` has exactly this text, or matches it. */
async function until(page, card, part, expected) {
  const pattern = expected instanceof RegExp ? expected.source : null
  try {
    await waitUntil(page, (selector, exact, pattern) => {
      const texts = [...document.querySelectorAll(selector)].map((each) => each.textContent)
      return texts.some((each) => pattern ? new RegExp(pattern).test(each) : each === exact)
    }, `${card} ${part}`, pattern ? null : expected, pattern)
  } catch (error) {
    throw new Error(`${part} of ${card} never read ${expected}: ${error.message}`)
  }
}

function text(page, selector) {
  return page.$eval(selector, (each) => each.textContent)
}

function visible(page, selector) {
  return page.$$eval(selector, (all) => all.filter((each) => each.checkVisibility()).map((each) => each.textContent))
}
