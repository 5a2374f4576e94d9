defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [
      MyAppWeb.Endpoint,
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyApp.Rooms
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
