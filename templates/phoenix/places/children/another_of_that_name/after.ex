defmodule MyApp.Application do
  use Application

  def start(_type, _args) do
    [
      {Phoenix.PubSub, name: MyApp.PubSub},
      MyAppWeb.Presence,
      MyApp.Presence,
      MyAppWeb.Endpoint
    ]
  end
end
