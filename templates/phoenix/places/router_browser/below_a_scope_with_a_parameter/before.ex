defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/:locale", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
