defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    pipe_through :browser

    live_session :default, on_mount: [MyAppWeb.InitAssigns] do
      live "/", HomeLive
      live "/:handle", ProfileLive
    end

    get "/about", PageController, :about
  end
end
