// The app under test, made by `hello-sockets new` and `gen channel User`.
//
//   APP_STACK          its stack, rust or phoenix; rust unless set
//   APP_URL            address of a running app, for example http://localhost:4000
//   APP_BIN, APP_DIR   its binary and its folder, for tests that kill and restart an app
//   PHOENIX_DIR        folder of an app of the Phoenix stack, for its scripts
//   SCREENSHOT_DIR     folder of screenshots; ./screenshots unless set
//   CHROMIUM           the browser; /usr/bin/chromium unless set
//
// A missing program makes a test fail; tests are not skipped.

import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { accessSync, constants, mkdirSync } from "node:fs"
import { createServer } from "node:net"
import { createInterface } from "node:readline"

/** Maximum time for each step, in milliseconds. */
export const PATIENCE = 10_000

export function appUrl() {
  return env("APP_URL", "the address of a running app, for example http://localhost:4000").replace(/\/$/, "")
}

/** Returns whether the app is one of the Phoenix stack. */
export function isPhoenix() {
  return process.env.APP_STACK === "phoenix"
}

export function screenshotPath(name) {
  const directory = process.env.SCREENSHOT_DIR ?? new URL("screenshots", import.meta.url).pathname
  mkdirSync(directory, { recursive: true })
  return `${directory}/${name}.png`
}

export function chromiumPath() {
  const path = process.env.CHROMIUM ?? "/usr/bin/chromium"
  try {
    accessSync(path, constants.X_OK)
  } catch {
    assert.fail(`no browser at ${path}: install chromium, or set CHROMIUM to where it is`)
  }
  return path
}

export function appFolder() {
  return env("APP_DIR", "the path of the app's folder")
}

/** Returns the folder of an app of the Phoenix stack, for its scripts. */
export function phoenixFolder() {
  return env("PHOENIX_DIR", "the path of an app's folder")
}

/** Starts the app's binary, and resolves with its address from the log. */
export async function startApp({ port, env: more = {} }) {
  const bin = env("APP_BIN", "the path of the app's binary")
  const variables = { ...process.env, PORT: String(port), ...more }
  const child = spawn(bin, { cwd: appFolder(), env: variables, stdio: ["ignore", "pipe", "pipe"] })
  const lines = []
  const exited = once(child, "exit")
  const url = new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${bin} ${why}; it printed:\n${lines.join("\n")}`))
    const timer = setTimeout(() => { child.kill("SIGKILL"); fail(`did not listen within ${PATIENCE} ms`) }, PATIENCE)
    child.once("error", (error) => { clearTimeout(timer); fail(`did not start: ${error.message}`) })
    child.once("exit", (code) => { clearTimeout(timer); fail(`exited with ${code}`) })
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line)
        const found = /Access \w+ at (http:\/\/[^\s\x1b]+)/.exec(line)
        if (found) { clearTimeout(timer); resolve(found[1].replace(/\/$/, "")) }
      })
    }
  })

  return {
    url: await url,
    /** Kills the app, and waits for its end. */
    kill: async () => { child.kill("SIGKILL"); await exited },
  }
}

/** Returns a free port, for an app that restarts on the same port. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

/** Fails with `what` unless `promise` settles in time. */
export async function soon(what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function env(name, what) {
  const value = process.env[name]
  assert.ok(value, `${name} is not set: it must be ${what}`)
  return value
}
