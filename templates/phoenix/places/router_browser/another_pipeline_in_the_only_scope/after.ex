defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug :fetch_session
    plug :protect_from_forgery
  end

  scope "/", MyAppWeb do
    pipe_through(:browser)

    post("/token", SocketToken, :token)
  end

  scope "/", MyAppWeb do
    pipe_through(:browser)
    pipe_through(:locale)

    get("/", PageController, :home)
  end
end
