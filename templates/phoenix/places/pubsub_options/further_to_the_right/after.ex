defmodule MyApp.Application do
  use Application

  @impl true
  def start(_type, _args) do
    children =
      if serverless?() do
        []
      else
        [
          MyAppWeb.Telemetry,
          {
            Phoenix.PubSub,
            Application.get_env(:my_app_server, :pubsub, []) ++ [name: MyApp.PubSub]
          },
          MyAppWeb.Endpoint
        ]
      end

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
