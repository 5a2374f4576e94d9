defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  @session_options [store: :cookie, key: "_my_app_key", signing_salt: "salt"]

  use MyAppWeb.Sockets

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false,
    auth_token: true

  plug Plug.Session, @session_options
  plug MyAppWeb.Router
end
