defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
  end

  if Application.compile_env(:my_app, :dev_routes) do
    scope "/", MyAppWeb do
      pipe_through :browser

      get "/mailbox", MailboxController, :index
    end
  end
end
