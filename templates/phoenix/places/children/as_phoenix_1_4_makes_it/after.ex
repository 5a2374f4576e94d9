defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    # The endpoint starts the PubSub here: what comes before it has none.
    children = [
      MyApp.Repo,
      MyAppWeb.Endpoint,
      MyAppWeb.Presence
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
