defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  @path "/socket"
  socket @path, MyAppWeb.UserSocket

  plug MyAppWeb.Router
end
