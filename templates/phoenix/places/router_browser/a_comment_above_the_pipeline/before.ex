defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  scope "/", MyAppWeb do
    # Everybody.
    # Really.
    pipe_through(:browser)

    # The first page.
    get("/", PageController, :home)
  end
end
