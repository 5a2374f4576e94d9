defmodule MyAppWeb.PublicEndpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/socket", MyAppWeb.UserSocket,
    websocket: true,
    longpoll: false

  plug MyAppWeb.Router
end

defmodule MyAppWeb.AdminEndpoint do
  use Phoenix.Endpoint, otp_app: :my_app


  plug MyAppWeb.Router
end
