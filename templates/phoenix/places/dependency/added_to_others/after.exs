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
      {:phoenix, "~> 1.7"},
      # for the mailer
      {:swoosh, "~> 1.5"},
      {:phoenix_pubsub_redis, "~> 3.1"}
    ] ++ deps_of_tests()
  end

  defp deps_of_tests, do: [{:floki, ">= 0.30.0", only: :test}]
end
