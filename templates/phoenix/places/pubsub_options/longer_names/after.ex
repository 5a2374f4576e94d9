defmodule MyApp.Application do
  use Application

  @impl true
  def start(_type, _args) do
    children = [
      {
        Phoenix.PubSub,
        Application.get_env(:an_app_with_a_name_of_many_words, :pubsub, []) ++
          [name: MyApp.PubSub]
      },
      MyAppWeb.Endpoint
    ]

    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
