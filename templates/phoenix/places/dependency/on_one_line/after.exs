defmodule MyApp.MixProject do
  use Mix.Project

  def project, do: [app: :my_app, deps: deps()]
  defp deps, do: [{:phoenix, "~> 1.7"}, {:phoenix_pubsub_redis, "~> 3.1"}]
end
