// The name that HOST gives to an app, in a real browser.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { freePort, startApp } from "./app.mjs"
import { launch, open } from "./browser.mjs"
import { askForToken, connect } from "./thief.mjs"

const HOST = "app.example"

let browser

before(async () => {
  browser = await launch(`--host-resolver-rules=MAP ${HOST} 127.0.0.1`)
})

after(() => browser?.close())

test("the app's own page under the name that HOST says gets a token and a socket", async (t) => {
  const port = await freePort()
  const app = await startApp({ port, env: { HOST } })
  t.after(() => app.kill())
  assert.equal(app.url, `http://${HOST}:${port}`)
  const { page } = await open(t, browser, app.url)

  const socket = async (url) => page.evaluate(connect, url)
  assert.deepEqual(
    [await page.evaluate(askForToken), await socket(app.url), await socket(`http://localhost:${port}`)],
    [200, "open", "open"],
  )
})
