defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/socket", MyAppWeb.UserSocket, [websocket: true, longpoll: false, auth_token: true]

  plug MyAppWeb.Router
end
