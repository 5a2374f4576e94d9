defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [
      MyAppWeb.Endpoint,
      {Absinthe.Subscription, [MyAppWeb.Endpoint]}
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
