// A page of another site, and what it can try against an app. What it tries is shown to work on a careless server.

import { once } from "node:events"
import { createServer } from "node:http"

/** A host of the attacker's, which the browser of the tests finds on this machine. */
export const EVIL = "evil.example"

/** A site of the attacker's, at `port`, which gives tokens to anybody who asks at /careless. */
export async function serveThief(t) {
  const server = createServer((request, response) => {
    if (request.url.startsWith("/careless")) {
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*")
      response.setHeader("access-control-allow-credentials", "true")
      response.setHeader("access-control-allow-headers", "content-type, x-csrf-token, x-requested-with")
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
export async function steal(url) {
  const stolen = []
  // A signed token is three words with dots between, which as a script asks `SFMyNTY` for a property of a property.
  const record = () => { stolen.push("by script") }
  window.SFMyNTY = new Proxy({}, { get: () => new Proxy({}, { get: record }) })
  const run = (n) => new Promise((resolve) => {
    const script = Object.assign(document.createElement("script"), { src: `${url}?n=${n}` })
    script.onload = script.onerror = resolve
    document.head.append(script)
  })
  const read = async (options) => {
    const text = await fetch(url, options).then((response) => response.text()).catch(() => "")
    if (text.includes("SFMyNTY")) stolen.push(`by fetch, ${options.credentials} credentials`)
  }

  // Not each token is made of words, but some are.
  for (let n = 0; n < 20; n += 1) await run(n)
  const own = { "x-requested-with": "fetch", "x-csrf-token": "x", "content-type": "application/json" }
  for (const method of ["GET", "POST"]) {
    for (const mode of ["no-cors", "cors", "same-origin"]) {
      for (const credentials of ["include", "omit"]) {
        for (const headers of [{}, own]) await read({ method, mode, headers, credentials })
      }
    }
  }
  return [...new Set(stolen)]
}

/** Has a form of the page posted, in each of the ways that forms have, and waits for the answers. */
export async function post(page, url) {
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

/** Puts a page of another site into a frame of this one. Returns the address of what the browser shows in it. */
export async function embed(page, url) {
  const element = await page.evaluateHandle((src) => new Promise((resolve) => {
    const frame = Object.assign(document.createElement("iframe"), { src })
    frame.onload = () => resolve(frame)
    document.body.append(frame)
  }), url)
  const frame = await element.asElement().contentFrame()
  return frame.evaluate(() => location.href)
}

/** In the browser: the status that a page of the app's own gets for asking as its script does. */
export async function askForToken(options) {
  const csrfToken = document.querySelector("meta[name='csrf-token']")?.content ?? ""
  const headers = { "x-requested-with": "fetch", "x-csrf-token": csrfToken }
  const { status } = await fetch("/token", { method: "POST", headers, ...options })
  return status
}

/** In the browser: how a socket to the app at `url` fares, "open" or "refused". */
export function connect(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket/websocket?vsn=2.0.0`)
    socket.onopen = () => { resolve("open"); socket.close() }
    socket.onerror = () => resolve("refused")
  })
}
