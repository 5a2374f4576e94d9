defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
    resources "/", PostController
    get "/about", PageController, :about
  end
end
