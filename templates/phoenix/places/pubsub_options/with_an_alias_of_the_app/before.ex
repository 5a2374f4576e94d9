defmodule MyApp.Application do
  use Application
  alias MyApp.PubSub

  @impl true
  def start(_type, _args) do
    children = [
      {Phoenix.PubSub, name: PubSub},
      MyAppWeb.Endpoint
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
