defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app
  use MyApp.Tracing

  socket("/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false
  )
end
