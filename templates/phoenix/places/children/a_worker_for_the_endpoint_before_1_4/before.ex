defmodule MyApp do
  use Application

  def start(_type, _args) do
    import Supervisor.Spec, warn: false

    children = [
      # Define workers and child supervisors to be supervised
      worker(MyAppWeb.Endpoint, []),
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
