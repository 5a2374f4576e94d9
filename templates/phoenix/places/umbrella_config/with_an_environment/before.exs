import Config

config :logger, level: :info

# Last.
import_config "#{config_env()}.exs"
