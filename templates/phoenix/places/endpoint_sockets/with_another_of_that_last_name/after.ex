defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/other", Other.MyAppWeb.UserSocket

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug MyAppWeb.Router
end
