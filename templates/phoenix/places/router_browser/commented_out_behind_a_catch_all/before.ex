defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    get "/*path", PageController, :missing
    # post "/token", SocketToken, :token
  end
end
