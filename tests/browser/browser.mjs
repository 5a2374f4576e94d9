// The browser of the tests.

import puppeteer from "puppeteer-core"
import { chromiumPath, PATIENCE } from "./app.mjs"

export function launch(...more) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", ...more]
  return puppeteer.launch({ executablePath: chromiumPath(), headless: true, args })
}

/** Waits until a condition holds in a page, also in one that is not in front and so runs no animation frames. */
export function waitUntil(page, condition, ...values) {
  return page.waitForFunction(condition, { polling: 50 }, ...values)
}

/**
 * Opens a page, closed when the test is over. `answer` may answer a request in the server's place, also later, or have it
 * "lost".
 */
export async function open(t, browser, url, answer) {
  const page = await browser.newPage()
  t.after(() => page.isClosed() || page.close())
  page.setDefaultTimeout(PATIENCE)
  const complaints = []
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && complaints.push(message.text()))
  if (answer) {
    await page.setRequestInterception(true)
    page.on("request", async (request) => {
      const response = await answer(request)
      if (response === "lost") return request.abort()
      return response ? request.respond(response) : request.continue()
    })
  }
  await page.goto(url)
  return { page, complaints }
}
