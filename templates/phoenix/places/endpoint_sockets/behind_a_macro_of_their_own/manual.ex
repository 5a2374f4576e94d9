defmodule MyAppWeb.Endpoint do
  use MyAppWeb, :endpoint

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug MyAppWeb.Router
end
