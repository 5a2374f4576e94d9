defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
  end

  scope "/", MyAppWeb do
    pipe_through [:browser, :require_user]

    live_session :authenticated do
      live("/:handle", ProfileLive)
    end
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/", PageController, :home
  end
end
