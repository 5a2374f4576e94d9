defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket("/feed", MyAppWeb.FeedSocket, websocket: [timeout: 45_000], longpoll: false)
  socket "/live", Phoenix.LiveView.Socket

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug(MyAppWeb.Router)
end
