import Config

config :my_app, ecto_repos: [MyApp.Repo]

# A fresh clone has no settings of its own yet.
if File.exists?("config/#{config_env()}.exs") do
  import_config "#{config_env()}.exs"
end
