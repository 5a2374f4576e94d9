defmodule MyAppWeb.Endpoint do
  use Desktop.Endpoint, otp_app: :my_app

  socket "/live", Phoenix.LiveView.Socket

  plug MyAppWeb.Router
end
