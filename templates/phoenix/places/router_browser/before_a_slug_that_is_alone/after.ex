defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
    get "/:slug", PageController, :show
  end
end
