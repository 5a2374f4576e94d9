// The page's first script. There is no bundler: the browser loads these modules as they are,
// and finds "phoenix" through the import map in index.html.
//
// Sockets are imported here, after the inspector, so that it sees them from their first frame.
// The inspector is the panel on the page; once you have a page of your own, drop its line.
import "./inspector.js"
