defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
  end

  scope "/", MyAppWeb do
    pipe_through [:browser, :locale]

    get "/", PageController, :index
  end
end
