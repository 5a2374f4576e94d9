defmodule MyApp.Application do
  use Application
  import Supervisor.Spec

  def start(_type, _args) do
    children = [
      # Start the endpoint when the application starts
      supervisor(MyApp.Endpoint, []),
      supervisor(MyApp.Presence, []),
      # Start the Ecto repository
      supervisor(MyApp.Repo, []),
      # Here you could define other workers and supervisors as children
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
