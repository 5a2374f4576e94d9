defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  forward "/", OldApp

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
