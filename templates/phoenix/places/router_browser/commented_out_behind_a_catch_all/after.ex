defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    get "/token", SocketToken, :token
    get "/*path", PageController, :missing
    # get "/token", SocketToken, :token
  end
end
