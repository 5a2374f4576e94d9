defmodule MyApp.Application do
  use Application
  import Supervisor.Spec

  def start(_type, _args) do
    children = [
      supervisor(MyAppWeb.Endpoint, []),
      supervisor(Absinthe.Subscription, [MyAppWeb.Endpoint])
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
