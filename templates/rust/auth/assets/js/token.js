// Requests the token for the sockets of the server: see src/auth.rs.

let latest = { token: "" }

// The token, for each connect of a socket. If no user is signed in, it is empty and the server refuses the socket.
export const token = () => latest.token

// Sockets connect after this promise. It never rejects, so other scripts of the page are not affected.
export const tokenFetched = renewToken()

// The user of the token.
export const user = async () => {
  await tokenFetched
  return latest.user
}

// Requests a token for the next connect. Sockets do so after an error: the server may have refused the token as too old.
export async function renewToken() {
  try {
    // Pages of other sites cannot send the header.
    const response = await fetch("/token", { method: "POST", headers: { "x-requested-with": "fetch" } })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    latest = await response.json()
  } catch (error) {
    console.error("No token for the socket:", error)
  }
}
