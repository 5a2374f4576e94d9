// The entry script of the page. There is no bundler: the browser loads these modules directly, and the import map in
// index.html resolves "phoenix".
import "./user_socket.js"
import "./chat.js"
