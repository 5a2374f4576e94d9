defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app
  use Absinthe.Phoenix.Endpoint

  use MyApp.Settings,
    locked: [:my_app, :locked]

  import MyApp.Limits
  alias MyApp.Uploads

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  @types [
    "text/csv",
    "text/plain"
  ]

  if @locked do
    plug MyAppWeb.Closed
  else
    socket("/feed", MyAppWeb.FeedSocket, websocket: [timeout: 30_000])
  end

  plug Uploads, types: @types
  plug MyAppWeb.Router
end
