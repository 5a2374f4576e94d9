defmodule MyApp.MixProject do
  use Mix.Project

  def project do
    [
      app: :my_app,
      deps: deps()
    ]
  end

  # Specifies your project dependencies.
  #
  # Type `mix help deps` for examples and options.
  defp deps do
    [
      {:phoenix, "~> 1.8.1"},
      {:phoenix_ecto, "~> 4.5"},
      {:phoenix_live_reload, "~> 1.2", only: :dev},
      {:heroicons,
       github: "tailwindlabs/heroicons",
       tag: "v2.2.0",
       sparse: "optimized",
       app: false,
       compile: false,
       depth: 1},
      {:dns_cluster, "~> 0.2.0"},
      {:bandit, "~> 1.5"},
      {:phoenix_pubsub_redis, "~> 3.1"}
    ]
  end
end
