defmodule MyAppWeb.PublicEndpoint do
  use Phoenix.Endpoint, otp_app: :my_app


  plug MyAppWeb.Router
end

defmodule MyAppWeb.AdminEndpoint do
  use Phoenix.Endpoint, otp_app: :my_app


  plug MyAppWeb.Router
end
