defmodule MyApp.Application do
  use Application
  alias Phoenix.PubSub

  def start(_type, _args) do
    children = [
      {PubSub, name: MyApp.PubSub},
      MyAppWeb.Presence,
      MyAppWeb.Endpoint
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
