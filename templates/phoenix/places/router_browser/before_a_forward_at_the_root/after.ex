defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    post "/token", SocketToken, :token
    # Other paths go to the old app.
    forward "/", OldApp
  end
end
