// Signing in and out, in a browser, against an app after `gen auth --sign-in`.

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { appUrl, screenshotPath } from "./app.mjs"
import { launch, open } from "./browser.mjs"

const INBOX = '[data-socket="UserSocket"] [data-channel="inbox:alice"][data-state="joined"]'
const SIGNED_OUT = "You are signed out. Sign in to connect."

let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

test("a user signs in, connects, and is disconnected on all pages by signing out", async (t) => {
  const { page } = await open(t, browser, appUrl())
  await signedOut(page)
  await page.screenshot({ path: screenshotPath("signed-out"), fullPage: true })

  await follow(page, () => page.click("#signed-out a"))
  const looks = await page.$$eval("form input", (fields) => fields.map((field) => {
    const { borderColor, padding, height } = getComputedStyle(field)
    return { borderColor, padding, height }
  }))
  assert.deepEqual(looks[0], looks[1])
  await submit(page, "alice", "guess")
  assert.equal(await page.$eval('[role="alert"]', (each) => each.textContent), "Wrong name or password.")
  await page.screenshot({ path: screenshotPath("sign-in"), fullPage: true })
  await submit(page, "alice", "development")
  assert.equal(page.url(), `${appUrl()}/`)
  await page.waitForSelector(INBOX)
  await page.screenshot({ path: screenshotPath("signed-in"), fullPage: true })

  const other = await open(t, browser, `${appUrl()}/sign-in`)
  await follow(other.page, () => other.page.click("button"))

  await page.bringToFront()
  await signedOut(page)
  await page.reload()
  await signedOut(page)
})

/** Waits until the page says that nobody is signed in, and its socket is closed for good. */
async function signedOut(page) {
  const notice = await page.waitForSelector("#signed-out", { visible: true })
  assert.equal(await notice.evaluate((each) => each.textContent), SIGNED_OUT)
  await page.waitForSelector('[data-socket="UserSocket"][data-state="closed"]')
}

async function submit(page, name, password) {
  await page.type('[name="name"]', name)
  await page.type('[name="password"]', password)
  await follow(page, () => page.click("button"))
}

function follow(page, act) {
  return Promise.all([page.waitForNavigation(), act()])
}
