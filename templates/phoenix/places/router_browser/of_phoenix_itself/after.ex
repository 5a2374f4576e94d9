defmodule MyAppWeb.Router do
  use Phoenix.Router, helpers: false
  import Plug.Conn

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    post "/token", SocketToken, :token
  end
end
