defmodule MyApp.Application do
  use Application

  def start(_type, env), do: Supervisor.start_link(children(env), strategy: :one_for_one)

  def children(:test) do
    [
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyAppWeb.Presence,
      MyAppWeb.Endpoint
    ]
  end

  def children(_) do
    [
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyAppWeb.Presence,
      MyAppWeb.Endpoint
    ]
  end
end
