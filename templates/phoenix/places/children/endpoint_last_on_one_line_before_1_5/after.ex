defmodule MyApp.Application do
  use Application
  import Supervisor.Spec

  def start(_type, _args) do
    children = [supervisor(MyApp.Repo, []), supervisor(MyAppWeb.Endpoint, []), supervisor(MyAppWeb.Presence, [])] |> with_bot()

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
