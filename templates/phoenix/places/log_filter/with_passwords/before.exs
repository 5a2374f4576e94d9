import Config

config :phoenix, :filter_parameters, ["password", "secret"]

config :phoenix, :json_library, Jason
