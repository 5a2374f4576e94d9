// The pictures of the README: the page of an app with a channel, in light and dark.

import { appUrl, PATIENCE, screenshotPath } from "./app.mjs"
import { launch, waitUntil } from "./browser.mjs"

const JOINED = '[data-channel="user:lobby"][data-state="joined"]'

// The pictures show the default port, whatever port the app has here.
const shown = "http://localhost:4000"
const browser = await launch(`--host-resolver-rules=MAP localhost:4000 ${new URL(appUrl()).host}`)

const page = await open()
for (const _warmUp of [true, false]) {
  await page.click(`${JOINED} [data-ping]`)
  await waitFor(page, "[data-reply]", " ok ")
}
for (const text of ["Hello, everybody", "Hello from another window"]) {
  const from = text.includes("another") ? await open() : page
  await from.bringToFront()
  await from.type(`${JOINED} input`, text)
  await from.keyboard.press("Enter")
  await waitFor(page, ".messages", text)
}
await page.bringToFront()
await page.evaluate(() => document.activeElement.blur())
for (const theme of ["light", "dark"]) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }])
  await page.screenshot({ path: screenshotPath(`page-${theme}`) })
}
await browser.close()

async function open() {
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE)
  await page.setViewport({ width: 900, height: 760 })
  await page.goto(shown)
  await page.waitForSelector(JOINED)
  return page
}

function waitFor(page, part, text) {
  const holds = (selector, text) => document.querySelector(selector)?.textContent.includes(text)
  return waitUntil(page, holds, `${JOINED} ${part}`, text)
}
