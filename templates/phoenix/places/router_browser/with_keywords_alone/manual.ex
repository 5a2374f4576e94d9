defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
  end

  scope path: "/", alias: MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
