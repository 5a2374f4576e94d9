defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children = base() ++ [MyAppWeb.Presence, MyAppWeb.Endpoint]
    Supervisor.start_link(children, strategy: :one_for_one)
  end

  defp base, do: [MyAppWeb.Telemetry, MyApp.pubsub()]
end
