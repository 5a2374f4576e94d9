defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug :fetch_session
    plug :protect_from_forgery
  end

  scope "/", MyAppWeb.Room do
    pipe_through :browser

    live "/", NewLive, :new
    live "/:slug", ShowLive, :show
  end
end
