defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", Other.MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
