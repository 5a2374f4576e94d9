use Mix.Config

config :logger, :console, format: "$time $message\n"

import_config "../apps/my_app/config/config.exs"
