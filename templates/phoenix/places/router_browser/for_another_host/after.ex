defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug :accepts, ["html"]
    plug :fetch_session
    plug :protect_from_forgery
  end

  pipeline :api do
    plug :accepts, ["json"]
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
  end

  scope "/", MyAppWeb, host: "admin." do
    pipe_through :browser

    get "/", PageController, :home
  end
end
