import Config

if System.get_env("PHX_SERVER") do
  config :my_app, MyAppWeb.Endpoint, server: true
end

config :my_app, MyAppWeb.Endpoint, http: [port: String.to_integer(System.get_env("PORT", "4000"))]

if config_env() == :prod do
  secret_key_base = System.get_env("SECRET_KEY_BASE") || raise "SECRET_KEY_BASE is missing"

  config :my_app, MyAppWeb.Endpoint, secret_key_base: secret_key_base
end

if url = System.get_env("REDIS_URL") do
  config :my_app, :pubsub, adapter: Phoenix.PubSub.Redis, url: url
end
