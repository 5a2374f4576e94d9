defmodule MyApp.Application do
  use Application

  alias MyAppWeb.Endpoint

  def start(_type, _args) do
    children = [
      Endpoint,
      MyApp.Store
    ] ++ workers()

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
