# The umbrella's settings.
import Config

# config :logger, :default_handler, level: :info
