defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    [MyApp.Repo, MyAppWeb.Endpoint, MyAppWeb.Presence, bot()]
    |> Enum.reject(&is_nil/1)
    |> Supervisor.start_link(strategy: :one_for_one)
  end
end
