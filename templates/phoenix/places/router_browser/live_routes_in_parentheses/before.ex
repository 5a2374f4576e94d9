defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug(:fetch_session)
  end

  scope "/", MyAppWeb do
    pipe_through(:browser)

    live("/", HomeLive)
  end
end
