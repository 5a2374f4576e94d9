defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug :accepts, ["html"]
    plug :fetch_session
    plug :protect_from_forgery
  end

  pipeline :authenticated do
    plug MyAppWeb.RequireUser
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
  end

  # All pages.
  scope "/", MyAppWeb do
    pipe_through [:browser, :authenticated]

    get "/", PageController, :home
    get "/:slug", PageController, :show
  end

  scope "/", MyAppWeb do
    pipe_through [:browser, :admin]

    get "/admin", AdminController, :index
  end
end
