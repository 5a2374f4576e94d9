defmodule MyApp.MixProject do
  use Mix.Project

  def project do
    [app: :my_app, deps: deps()]
  end

  defp deps do
    [
      phoenix_dep(),
      {:phoenix_html, "~> 3.2"},
      {:jason, "~> 1.4"},
      {:phoenix_pubsub_redis, "~> 3.1"}
    ]
  end

  defp phoenix_dep do
    {:phoenix, "~> 1.8"}
  end
end
