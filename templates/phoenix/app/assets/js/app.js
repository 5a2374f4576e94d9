// The entry script of the page. esbuild bundles it with its imports into priv/static/assets/js/app.js and resolves packages
// such as "phoenix" in deps/.
//
// Import sockets here, after the inspector, so that it shows all of their frames. The inspector is the panel on the page; remove
// its line if you do not need it.

// Support for links and buttons with data-method, which send PUT and DELETE requests.
import "phoenix_html"
import "./inspector.js"
