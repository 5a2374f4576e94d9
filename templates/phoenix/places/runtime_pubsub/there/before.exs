import Config

config :my_app, MyApp.PubSub, adapter: Phoenix.PubSub.Redis, url: System.fetch_env!("REDIS")
