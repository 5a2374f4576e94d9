defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/other", Other.MyAppWeb.UserSocket, websocket: true

  plug MyAppWeb.Router
end
