defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    post "/token", SocketToken, :token
    live_session :default, on_mount: [MyAppWeb.InitAssigns] do
      live "/", HomeLive
      live "/:handle", ProfileLive
    end

    get "/about", PageController, :about
  end
end
