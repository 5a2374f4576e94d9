// The page's first script. esbuild bundles it with all that it imports into priv/static/assets/js/app.js;
// packages such as "phoenix" are found in deps/.
//
// Sockets are imported here, after the inspector, so that it sees them from their first frame.
// The inspector is the panel on the page; once you have a page of your own, drop its line.

// Links and buttons with data-method: they send PUT and DELETE as forms do.
import "phoenix_html"
import "./inspector.js"
