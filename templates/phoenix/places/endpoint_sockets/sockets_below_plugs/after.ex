defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  plug Plug.RequestId

  socket "/live", Phoenix.LiveView.Socket, websocket: [connect_info: [session: @session_options]]

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug MyAppWeb.Router
end
