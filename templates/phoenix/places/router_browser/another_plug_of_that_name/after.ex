defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/api", Api do
    get "/token", Other.SocketToken, :token
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
    post "/token", SocketToken, :token
  end
end
