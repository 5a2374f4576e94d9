// Pages of other sites, in a browser, against a generated app of either stack. Their attacks work on an unprotected server.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { appUrl, isPhoenix } from "./app.mjs"
import { launch, open } from "./browser.mjs"
import { askForToken, connect, embed, EVIL, post, serveThief, steal } from "./thief.mjs"

// Status of a GET of /token: axum's router has the path, Phoenix's only a POST of it.
const NO_SUCH_GET = isPhoenix() ? 404 : 405

let browser

before(async () => {
  // As a name server of the attacker's would have it, once the page is loaded ("DNS rebinding").
  browser = await launch(`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`)
})

after(() => browser?.close())

test("no page of another site gets a token, on a host of its own or on this one at another port", async (t) => {
  const thief = await serveThief(t)

  for (const host of [EVIL, "localhost", "127.0.0.1"]) {
    const site = `http://${host}:${thief.port}`
    const { page } = await open(t, browser, site)
    const answers = []
    page.on("response", (response) => response.url().startsWith(`${appUrl()}/token`) && answers.push(response.status()))

    const careless = await page.evaluate(steal, `http://127.0.0.1:${thief.port}/careless`)
    const stolen = await page.evaluate(steal, `${appUrl()}/token`)
    await post(page, `${appUrl()}/token`)

    const all = ["by script", "by fetch, include credentials", "by fetch, omit credentials"]
    assert.deepEqual(careless, all, `${site} can steal where nothing is in its way`)
    assert.deepEqual(stolen, [], `${site} got tokens`)
    // A script's GET leads nowhere; a form's POST and the browser's own question in advance are refused.
    assert.deepEqual([...new Set(answers)].sort(), [403, NO_SUCH_GET], `${site} was answered`)
  }
})

test("no page of another host opens a socket", async (t) => {
  const thief = await serveThief(t)
  const { page } = await open(t, browser, `http://${EVIL}:${thief.port}`)

  assert.equal(await page.evaluate(connect, appUrl()), "refused")
})

test("no page of another site shows the app's page in a frame", async (t) => {
  const thief = await serveThief(t)
  const { page } = await open(t, browser, `http://${EVIL}:${thief.port}`)

  const careless = `http://127.0.0.1:${thief.port}/`
  assert.equal(await embed(page, careless), careless)
  assert.equal(await embed(page, `${appUrl()}/`), "chrome-error://chromewebdata/")
})

test("a page under another name that leads to this machine gets no token and no socket", async (t) => {
  const { port } = new URL(appUrl())
  const site = `http://${EVIL}:${port}`
  const { page } = await open(t, browser, site)

  assert.deepEqual({
    token: await page.evaluate(askForToken),
    // Its origin is then `null`.
    tokenInPrivate: await page.evaluate(askForToken, { referrerPolicy: "no-referrer" }),
    sameHost: await page.evaluate(connect, site),
    localhost: await page.evaluate(connect, appUrl()),
  }, { token: 403, tokenInPrivate: 403, sameHost: "refused", localhost: "refused" })
})

test("the app's own page gets both, by each name of this machine", async (t) => {
  const { port } = new URL(appUrl())

  for (const host of ["localhost", "127.0.0.1"]) {
    const site = `http://${host}:${port}`
    const { page } = await open(t, browser, site)

    assert.deepEqual([await page.evaluate(askForToken), await page.evaluate(connect, site)], [200, "open"], site)
    // The socket that asks for a token is shown one by the page's own script.
    await page.waitForSelector('[data-socket="DeviceSocket"] [data-channel="sensor:lobby"][data-state="joined"]')
  }
})
