defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  if sockets?() do
    socket "/socket", MyAppWeb.UserSocket, websocket: true
  end

  plug MyAppWeb.Router
end
