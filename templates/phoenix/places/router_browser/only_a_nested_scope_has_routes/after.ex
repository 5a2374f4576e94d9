defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token

    scope "/admin", Admin do
      get "/users", UserController, :index
    end
  end
end
