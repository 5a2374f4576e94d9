// Pages of other sites, in a browser, against a generated app. Their attacks work on an unprotected server.

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import { after, before, test } from "node:test"
import { appUrl, freePort, startApp } from "./app.mjs"
import { launch, open } from "./browser.mjs"

const EVIL = "evil.example"

let browser

before(async () => {
  // The name server of an attacker changes the address after the page is loaded ("DNS rebinding").
  browser = await launch(`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`)
})

after(() => browser?.close())

test("pages of other hosts, and of other ports of this host, get no token", async (t) => {
  const thief = await serveThief(t)

  for (const host of [EVIL, "localhost", "127.0.0.1"]) {
    const site = `http://${host}:${thief.port}`
    const { page } = await open(t, browser, site)
    const answers = []
    page.on("response", (response) => response.url().startsWith(`${appUrl()}/token`) && answers.push(response.status()))

    const careless = await page.evaluate(steal, `http://127.0.0.1:${thief.port}/careless`)
    const stolen = await page.evaluate(steal, `${appUrl()}/token`)
    await post(page, `${appUrl()}/token`)

    assert.deepEqual([...new Set(careless)], ["by script", "by fetch"], `${site} can steal where nothing is in its way`)
    assert.deepEqual(stolen, [], `${site} got tokens`)
    // A script's GET is answered with 405, a form's POST and the browser's own question in advance as well with a refusal.
    assert.deepEqual([...new Set(answers)].sort(), [403, 405], `${site} was answered`)
  }
})

test("a page under a foreign name that resolves to this machine gets no token and no socket", async (t) => {
  const { port } = new URL(appUrl())
  const { page } = await open(t, browser, `http://${EVIL}:${port}`)

  assert.deepEqual(await page.evaluate(use, appUrl()), { token: 403, sameHost: "refused", localhost: "refused" })
})

test("the own page under the name in HOST gets both", async (t) => {
  const port = await freePort()
  const app = await startApp({ port, env: { HOST: EVIL } })
  t.after(() => app.kill())
  assert.equal(app.url, `http://${EVIL}:${port}`)
  const { page } = await open(t, browser, app.url)

  assert.deepEqual(await page.evaluate(use, `http://localhost:${port}`), { token: 200, sameHost: "open", localhost: "open" })
})

/** A site of the attacker's, and a server that gives tokens to anybody who asks. */
async function serveThief(t) {
  const server = createServer((request, response) => {
    if (request.url.startsWith("/careless")) {
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*")
      response.setHeader("access-control-allow-credentials", "true")
      return response.end("SFMyNTY.g2gDbQ.abcDEF") // text without `nosniff`, which a browser runs as a script
    }
    response.setHeader("content-type", "text/html")
    response.end("<!doctype html><title>A nice game</title>")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => { server.closeAllConnections(); server.close() })
  return server.address()
}

/** In the browser: what a page can do to read what another site answers to this visitor. Returns how it got a token. */
async function steal(url) {
  const stolen = []
  // As a script, a signed token with two dots reads a property of a property of `SFMyNTY`.
  const record = () => { stolen.push("by script") }
  window.SFMyNTY = new Proxy({}, { get: () => new Proxy({}, { get: record }) })
  const run = (n) => new Promise((resolve) => {
    const script = Object.assign(document.createElement("script"), { src: `${url}?n=${n}` })
    script.onload = script.onerror = resolve
    document.head.append(script)
  })
  const read = async (options) => {
    const text = await fetch(url, options).then((response) => response.text()).catch(() => "")
    if (text.includes("SFMyNTY")) stolen.push("by fetch")
  }

  // Only some tokens are valid scripts.
  for (let n = 0; n < 20; n += 1) await run(n)
  const own = { "x-requested-with": "fetch", "x-csrf-token": "x", "content-type": "application/json" }
  for (const method of ["GET", "POST"]) {
    for (const mode of ["no-cors", "cors", "same-origin"]) {
      for (const headers of [{}, own]) await read({ method, mode, headers, credentials: "include" })
    }
  }
  return stolen
}

/** Has a form of the page posted, in each of the ways that forms have, and waits for the answers. */
async function post(page, url) {
  for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const answered = page.waitForResponse((response) => response.url() === url && response.request().method() === "POST")
    await page.evaluate((action, enctype) => {
      const frame = Object.assign(document.createElement("iframe"), { name: enctype })
      const form = Object.assign(document.createElement("form"), { action, enctype, method: "post", target: enctype })
      document.body.append(frame, form)
      form.submit()
    }, url, enctype)
    await answered
  }
}

/** In the browser: how a token is answered to the page's own script, and sockets to the host of the page and of the app. */
async function use(app) {
  const { status } = await fetch("/token", { method: "POST", headers: { "x-requested-with": "fetch" } })
  const connect = (url) => new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket/websocket?vsn=2.0.0`)
    socket.onopen = () => { resolve("open"); socket.close() }
    socket.onerror = () => resolve("refused")
  })
  return { token: status, sameHost: await connect(location.origin), localhost: await connect(app) }
}
