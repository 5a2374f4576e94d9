defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = [
      MyApp.Repo,
      OtherWeb.Endpoint,
      MyAppWeb.Presence,
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
