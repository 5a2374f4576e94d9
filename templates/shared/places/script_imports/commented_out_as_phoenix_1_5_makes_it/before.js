import "phoenix_html"

// Import local files
//
// Local files can be imported directly using relative paths, for example:
// import user_socket from "./user_socket"

window.ready = true
