defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :api do
    plug :accepts, ["json"]
  end

  scope "/", MyAppWeb do
    post "/token", SocketToken, :token
  end

  scope "/api", MyAppWeb do
    pipe_through :api
  end
end
