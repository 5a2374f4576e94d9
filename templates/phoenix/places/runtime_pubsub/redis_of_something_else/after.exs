import Config

config :my_app, :cache, url: System.get_env("REDIS_URL")

if url = System.get_env("REDIS_URL") do
  config :my_app, :pubsub, adapter: Phoenix.PubSub.Redis, url: url
end
