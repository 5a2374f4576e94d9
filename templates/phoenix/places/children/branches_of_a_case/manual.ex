defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    children =
      case Application.get_env(:my_app, :mode) do
        :web ->
          [
            {Phoenix.PubSub, name: MyApp.PubSub},
            MyAppWeb.Presence,
            MyAppWeb.Endpoint
          ]

        :worker ->
          [{Phoenix.PubSub, name: MyApp.PubSub}, MyApp.Worker]
      end

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
