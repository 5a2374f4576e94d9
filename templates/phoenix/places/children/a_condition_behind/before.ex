defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children =
      [
        MyApp.Repo,
        # Talks.
        {Phoenix.PubSub, name: MyApp.PubSub, adapter: Phoenix.PubSub.PG2},
        MyAppWeb.Endpoint
      ] ++ if Mix.env() == :test, do: [], else: [MyApp.Poller]

    children
    |> Enum.reject(&is_nil/1)
    |> Supervisor.start_link(strategy: :one_for_one, name: MyApp.Supervisor)
  end
end
