import Config

config :my_app, :cache, url: System.get_env("REDIS_URL")
