defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [
      supervisor(MyAppWeb.Endpoint, []),
      {Phoenix.PubSub, name: MyApp.PubSub}
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
