defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    import Supervisor.Spec

    children = [
      supervisor(MyApp.Repo, []),
      supervisor(MyAppWeb.Endpoint, []),
      supervisor(MyAppWeb.Presence, []),
      # worker(MyApp.Worker, [arg1, arg2]),
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
