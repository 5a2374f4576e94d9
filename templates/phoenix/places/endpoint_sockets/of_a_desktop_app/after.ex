defmodule MyAppWeb.Endpoint do
  use Desktop.Endpoint, otp_app: :my_app

  socket "/live", Phoenix.LiveView.Socket

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug MyAppWeb.Router
end
