import Config

config :my_app, ecto_repos: [MyApp.Repo]

config :phoenix, :filter_parameters, ["password", "token"]

# A fresh clone has no settings of its own yet.
if File.exists?("config/#{config_env()}.exs") do
  import_config "#{config_env()}.exs"
end
