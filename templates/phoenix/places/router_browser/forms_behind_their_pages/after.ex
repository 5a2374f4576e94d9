defmodule MyAppWeb.Router do
  use MyAppWeb, :router

  pipeline :browser do
    plug :fetch_session
    plug :protect_from_forgery
  end

  scope "/", MyAppWeb do
    pipe_through :browser

    get "/songs/new", SongController, :new
    post "/songs", SongController, :create
    put "/songs/:id", SongController, :update
    post "/token", SocketToken, :token

    live "/player", PlayerLive
  end
end
