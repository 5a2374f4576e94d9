defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    resources "/", PostController
    get "/about", PageController, :about
  end
end
