defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope path: "/", alias: MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
