use Mix.Config

config :logger, :console, format: "$time $message\n"
