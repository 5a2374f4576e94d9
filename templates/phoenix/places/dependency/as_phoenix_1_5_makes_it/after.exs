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
      {:phoenix, "~> 1.5.14"},
      {:phoenix_html, "~> 2.11"},
      {:jason, "~> 1.0"},
      {:plug_cowboy, "~> 2.0"},
      {:phoenix_pubsub_redis, "~> 3.1"}
    ]
  end

  defp aliases do
    [
      setup: ["deps.get", "cmd npm install --prefix assets"]
    ]
  end
end
