defmodule MyApp.Application do
  use Application

  @impl Application
  def start(_type, _args) do
    Supervisor.start_link(
      [
        {Phoenix.PubSub, name: MyApp.PubSub},
        MyAppWeb.Presence,
        %{id: :inner, start: {Supervisor, :start_link, [[MyApp.A, MyApp.B], [strategy: :one_for_one]]}},
        MyAppWeb.Endpoint
      ],
      strategy: :one_for_one
    )
  end
end
