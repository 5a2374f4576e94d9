defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/other", Other.MyAppWeb.UserSocket

  plug MyAppWeb.Router
end
