import Config

config :phoenix, :filter_parameters, ["password", "secret", "token"]

config :phoenix, :json_library, Jason
