defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through [:browser, :require_user]

    get "/settings", SettingsController, :edit
  end

  scope "/", MyAppWeb do
    pipe_through [:browser]

    get "/", PageController, :home
    post "/token", SocketToken, :token
  end
end
