defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app
  use SiteEncrypt.Phoenix

  socket "/socket/admin", MyAppWeb.AdminSocket

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: true

  plug MyAppWeb.Router
end
