defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :index
    post "/token", SocketToken, :token
    match :*, "/*path", PageController, :index
  end
end
