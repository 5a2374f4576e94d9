defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [
      MyApp.Repo,
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyAppWeb.Presence
    ]

    endpoint = if web?(), do: [MyAppWeb.Endpoint], else: []
    Supervisor.start_link(children ++ endpoint, strategy: :one_for_one)
  end
end
