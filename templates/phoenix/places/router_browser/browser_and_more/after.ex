defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through [:browser, :locale]

    get "/", PageController, :index
    post "/token", SocketToken, :token
  end
end
