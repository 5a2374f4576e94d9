defmodule MyAppWeb.Endpoint do
  use SiteEncrypt.Phoenix.Endpoint, otp_app: :my_app

  socket "/socket", MyAppWeb.UserSocket, websocket: true

  plug MyAppWeb.Router
end
