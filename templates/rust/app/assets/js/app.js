// The entry script of the page. There is no bundler: the browser loads these modules directly, and the import map in
// index.html resolves "phoenix".
//
// Import sockets here, after the inspector, so that it shows all of their frames. The inspector is the panel on the page; remove
// its line if you do not need it.
import "./inspector.js"
