defmodule MyAppWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :my_app

  socket "/feed", __MODULE__.FeedSocket

  plug MyAppWeb.Router
end
