defmodule MyApp.MixProject do
  use Mix.Project

  defp deps do
    [
      {:phoenix, "~> 1.6.6"},
      {:dotenv, "~> 3.1.0", only: [:dev, :test]},
      {:phoenix_pubsub_redis, "~> 3.1"}    ]
  end
end
