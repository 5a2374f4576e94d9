// Paths of the app on its site: path("/socket") is "/socket", or "/chat/socket" if the app is at https://example.com/chat.
// This file is at /assets/js/path.js.
const root = new URL("../..", import.meta.url).pathname.slice(0, -1)

export const path = (path) => root + path
