// Fetches the token that the server's sockets ask for: see src/auth.rs.

// The header makes it a request that no other site can send. Where nobody is signed in, or the request fails, the
// token is empty, and the server refuses the socket; the page's other scripts go on.
export async function token() {
  try {
    const response = await fetch("/token", { method: "POST", headers: { "x-requested-with": "fetch" } })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    return (await response.json()).token
  } catch (error) {
    console.error("No token for the socket:", error)
    return ""
  }
}
