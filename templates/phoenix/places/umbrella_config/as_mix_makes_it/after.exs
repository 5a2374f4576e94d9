# The umbrella's settings.
import Config

# config :logger, :default_handler, level: :info

import_config "../apps/my_app/config/config.exs"
