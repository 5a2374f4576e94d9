defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/feed", MyAppWeb.FeedSocket
  plug Plug.RequestId
  plug MyAppWeb.Router
end
