defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    [
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyAppWeb.Endpoint
    ]
  end

  defp more, do: [MyAppWeb.Presence]
end
