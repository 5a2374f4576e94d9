defmodule MyApp.MixProject do
  use Mix.Project

  def project do
    [
      app: :my_app,
      deps: [
        {:phoenix, "~> 1.7"}, # the framework
        {:jason, "~> 1.2"}, # JSON
        {:phoenix_pubsub_redis, "~> 3.1"}
      ]
    ]
  end
end
