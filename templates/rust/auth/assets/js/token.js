// Requests the token for the sockets of the server: see src/auth.rs.

// Pages of other sites cannot send the header. If the request fails or no user is signed in, the token is empty and the
// server refuses the socket. Other scripts of the page are not affected.
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
