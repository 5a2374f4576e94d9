defmodule MyApp.MixProject do
  use Mix.Project

  def project do
    [
      app: :my_app,
      deps: deps()
    ]
  end

  defp deps do
    [
      # {:phoenix_pubsub_redis, "~> 3.1"},
      {:phoenix, "~> 1.7"}
    ]
  end
end
