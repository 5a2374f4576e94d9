import Config

config :phoenix, :filter_parameters, ["token", "password"]
