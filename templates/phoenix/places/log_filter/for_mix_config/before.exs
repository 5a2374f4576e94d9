use Mix.Config

config :my_app, MyAppWeb.Endpoint, secret_key_base: "secret"

import_config "#{Mix.env}.exs"
