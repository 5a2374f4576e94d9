defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app
  alias MyAppWeb.{Router, UserSocket}

  socket("/ws", UserSocket, websocket: [timeout: 45_000])

  plug Router
end
