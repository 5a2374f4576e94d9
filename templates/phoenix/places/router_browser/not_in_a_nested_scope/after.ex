defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :index
    post "/token", SocketToken, :token

    scope "/admin", Admin do
      pipe_through :admins_only
      get "/users", UserController, :index
    end
  end
end
