defmodule MyAppWeb.Endpoint
  use Phoenix.Endpoint, otp_app: :my_app)

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug MyAppWeb.Router
end
