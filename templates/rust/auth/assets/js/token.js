// Fetches the token that the server's sockets ask for, and the user that it names: see src/auth.rs.

// Once for the page: all of its sockets are the same user's.
const fetched = fetchToken()

// The token for a socket. Where nobody is signed in it is empty, and the server refuses the socket.
export const token = async () => (await fetched).token

// The user that the token names.
export const user = async () => (await fetched).user

// The header makes it a request that no other site can send. It never fails: the page's other scripts go on.
async function fetchToken() {
  try {
    const response = await fetch("/token", { method: "POST", headers: { "x-requested-with": "fetch" } })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    return await response.json()
  } catch (error) {
    console.error("No token for the socket:", error)
    return { token: "" }
  }
}
