defmodule MyApp.Mixfile do
  use Mix.Project

  def project do
    [app: :my_app,
     version: "0.0.1",
     deps: deps()]
  end

  # As `mix phoenix.new` of 1.2 laid it out.
  defp deps do
    [{:phoenix, "~> 1.2"},
     {:gettext, "~> 0.11"},
     {:cowboy, "~> 1.0"},
     {:phoenix_pubsub_redis, "~> 3.1"}]
  end
end
