defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug :fetch_session
    plug :protect_from_forgery
  end

  scope "/", MyAppWeb do
    pipe_through :browser
    # Members only.
    pipe_through :require_member

    get "/account", AccountController, :show
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
