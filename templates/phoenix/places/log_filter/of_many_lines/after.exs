import Config

config :phoenix,
  json_library: Jason,
  filter_parameters: ["password", "token"]
