defmodule MyApp.Application do
  use Application
  alias Phoenix.PubSub

  @impl true
  def start(_type, _args) do
    children = [
      {
        PubSub,
        Application.get_env(:my_app, :pubsub, []) ++ [name: MyApp.PubSub, adapter: PubSub.PG2]
      },
      MyAppWeb.Endpoint
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
