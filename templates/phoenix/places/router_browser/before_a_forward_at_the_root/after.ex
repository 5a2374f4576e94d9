defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    post "/token", SocketToken, :token
    # What is left goes to the old app.
    forward "/", OldApp
  end
end
