import Config

config :phoenix, :filter_parameters, {:keep, ["id"]}
