defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyAppWeb.Presence,
      MyAppWeb.Endpoint,
      MyApp.Rooms
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
