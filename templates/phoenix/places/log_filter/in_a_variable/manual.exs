import Config

secret_parameters = ["password"]

config :phoenix, :filter_parameters, secret_parameters ++ ["token"]
