use Mix.Config

config :my_app, MyAppWeb.Endpoint, secret_key_base: "secret"

config :phoenix, :filter_parameters, ["password", "token"]

import_config "#{Mix.env}.exs"
