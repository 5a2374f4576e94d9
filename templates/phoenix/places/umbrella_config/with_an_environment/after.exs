import Config

config :logger, level: :info

import_config "../apps/my_app/config/config.exs"

# Last.
import_config "#{config_env()}.exs"
