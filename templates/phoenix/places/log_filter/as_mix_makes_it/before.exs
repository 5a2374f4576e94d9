import Config

config :my_app, MyAppWeb.Endpoint, pubsub_server: MyApp.PubSub

config :my_app, :scopes, ["token"]

# Use Jason for JSON parsing in Phoenix
config :phoenix, :json_library, Jason

# Import environment specific config. This must remain at the bottom
# of this file so it overrides the configuration defined above.
import_config "#{config_env()}.exs"
