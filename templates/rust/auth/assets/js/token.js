// Says to the server's sockets who is using this page: see src/auth.rs.

// Where nobody is signed in there is no token, and the server refuses the socket.
export async function token() {
  const response = await fetch("/token")
  return response.ok ? response.text() : ""
}
