// Two users of examples/team_chat, each in a browser of their own.

import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { appUrl, screenshotPath } from "./app.mjs"
import { launch, open, waitUntil } from "./browser.mjs"

const BYTES = 200_000

let browser, folder

before(async () => {
  browser = await launch()
  folder = mkdtempSync(join(tmpdir(), "team-chat-"))
})

after(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

test("users see each other, mention each other, send files, and find it all after a reload", async (t) => {
  const alice = await signIn(t, "alice")
  const bob = await signIn(t, "bob")
  for (const user of [alice, bob]) {
    for (const name of ["alice", "bob"]) await user.page.waitForSelector(`[data-person="${name}"]`)
  }

  await say(alice.page, "Good morning <b>all</b>!")
  await shows(bob.page, "Good morning <b>all</b>!")

  // Bob is in another room, and is told of the mention.
  await bob.page.type("[data-join] input", "help")
  await bob.page.keyboard.press("Enter")
  await waitUntil(bob.page, () => document.querySelector("[data-room]").textContent === "# help")
  await say(bob.page, "Is the release out?")
  await alice.page.bringToFront()
  await say(alice.page, "@bob, could you look at this picture?")
  await bob.page.bringToFront()
  const mention = await bob.page.waitForSelector("[data-mentions] button")
  assert.equal(await mention.$eval("b", (each) => each.textContent), "alice mentioned you in #lobby")
  await bob.page.screenshot({ path: screenshotPath("team-chat-mention") })
  await mention.click()
  await shows(bob.page, "@bob, could you look at this picture?")
  assert.ok(await bob.page.$(".log .mentions-me mark.me"))

  await alice.page.bringToFront()
  const picture = await upload(alice.page, "colours.png", await drawing(alice.page))
  const text = await upload(bob.page, "notes.txt", Buffer.alloc(BYTES, "x"))
  for (const user of [alice, bob]) {
    await user.page.bringToFront()
    for (const name of [picture, text]) await attachment(user.page, name)
  }
  assert.equal((await download(bob.page, text)).length, BYTES)

  await bob.page.reload()
  await shows(bob.page, "Good morning <b>all</b>!")
  for (const name of [picture, text]) await attachment(bob.page, name)
  assert.equal((await bob.page.$$(".log li")).length, 4)
  assert.deepEqual(await rooms(bob.page), ["# help", "# lobby"])
  await bob.page.screenshot({ path: screenshotPath("team-chat") })
  await bob.page.setViewport({ width: 390, height: 780 })
  await bob.page.screenshot({ path: screenshotPath("team-chat-phone") })

  // Before the end of the session: until the next page is there, this one may connect again, and is refused.
  assert.deepEqual(bob.complaints, [])
  await bob.page.click(".top form button")
  await alice.page.bringToFront()
  await waitUntil(alice.page, () => !document.querySelector('[data-person="bob"]'))
  assert.deepEqual(alice.complaints, [])
})

/** Opens the page in a browser without cookies, and signs in. */
async function signIn(t, name) {
  const context = await browser.createBrowserContext()
  t.after(() => context.close())
  const opened = await open(t, context, `${appUrl()}/sign-in`)
  const { page } = opened
  await page.setViewport({ width: 1000, height: 640 })
  await page.type('[name="name"]', name)
  await page.type('[name="password"]', "development")
  await Promise.all([page.waitForNavigation(), page.click("button")])
  await page.waitForSelector(`[data-person="${name}"]`)
  return opened
}

async function say(page, text) {
  await page.type("[data-say] [name=body]", text)
  await page.keyboard.press("Enter")
  await shows(page, text)
}

/** Waits until the room has a message with this text. */
function shows(page, text) {
  return waitUntil(page, (text) => [...document.querySelectorAll(".log .body")].some((each) => each.textContent === text), text)
}

/** Returns the rooms of the list, if none has something new. */
async function rooms(page) {
  assert.deepEqual(await page.$$("[data-rooms] :is(.mentioned, .unread)"), [])
  return page.$$eval("[data-rooms] button", (buttons) => buttons.map((button) => button.textContent))
}

async function upload(page, name, bytes) {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const input = await page.$("[data-file]")
  await input.uploadFile(path)
  return name
}

/** Waits for the link to a file; that of a picture is loaded. */
function attachment(page, name) {
  return waitUntil(page, (name) => [...document.querySelectorAll(".log .file")].some((link) => {
    const picture = link.querySelector("img")
    return picture ? picture.alt === name && picture.naturalWidth > 0 : link.download === name
  }), name)
}

function download(page, name) {
  return page.evaluate(async (name) => {
    const { href } = [...document.querySelectorAll(".log .file")].find((link) => link.download === name)
    return (await fetch(href)).text()
  }, name)
}

/** Returns a picture of about 200 kB. */
async function drawing(page) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 300 })
    const context = canvas.getContext("2d")
    for (let x = 0; x < 480; x += 2) {
      for (let y = 0; y < 300; y += 2) {
        context.fillStyle = `hsl(${x / 2 + Math.random() * 40} 80% ${30 + y / 6}%)`
        context.fillRect(x, y, 2, 2)
      }
    }
    return canvas.toDataURL("image/png")
  })
  const bytes = Buffer.from(url.split(",")[1], "base64")
  assert.ok(bytes.length > 90_000 && bytes.length < 1_000_000, `${bytes.length} bytes`)
  return bytes
}
