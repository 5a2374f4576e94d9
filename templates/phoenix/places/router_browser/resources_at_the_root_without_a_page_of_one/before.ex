defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    resources "/", PostController, only: [:index, :create]
    get "/about", PageController, :about
  end
end
