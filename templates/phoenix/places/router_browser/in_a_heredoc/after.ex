defmodule MyAppWeb.Router do
  @moduledoc """
      scope "/", MyAppWeb do
        pipe_through :browser
        post "/token", SocketToken, :token
      end
  """
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser
    get "/", PageController, :home
    post "/token", SocketToken, :token
  end
end
