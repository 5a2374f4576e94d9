defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/socket", MyAppWeb.UserSocket,
    # fast
    websocket: [timeout: 45_000],
    # slow
    longpoll: false,
    auth_token: true

  plug MyAppWeb.Router
end
