# An empty variable counts as unset.
env = fn name -> with "" <- System.get_env(name), do: nil end

# A release serves requests only with PHX_SERVER=true bin/{{ app.name }} start
if env.("PHX_SERVER") do
  config :{{ app.name }}, {{ app.web }}.Endpoint, server: true
end

config :{{ app.name }}, {{ app.web }}.Endpoint,
  # PORT=8080 mix phx.server
  http: [port: String.to_integer(env.("PORT") || "4000")]

if config_env() == :dev do
  # The browser reloads the page when one of these files changes.
  config :{{ app.name }}, {{ app.web }}.Endpoint,
    live_reload: [
      patterns: [
        ~r"priv/static/(?!uploads/).*\.(js|css|png|jpeg|jpg|gif|svg)$",
        ~r"lib/{{ app.web_folder }}/router\.ex$",
        ~r"lib/{{ app.web_folder }}/(controllers|components)/.*\.(ex|heex)$"
      ]
    ]
end

if config_env() == :prod do
  # Signs cookies and tokens. Keep it out of the repository.
  secret_key_base =
    env.("SECRET_KEY_BASE") ||
      raise """
      SECRET_KEY_BASE is not set.
      `mix phx.gen.secret` prints a value for it.
      """

  config :{{ app.name }},
    # A name whose addresses are the nodes to connect.
    dns_cluster_query: env.("DNS_CLUSTER_QUERY")

  config :{{ app.name }}, {{ app.web }}.Endpoint,
    url: [host: env.("PHX_HOST") || "example.com", port: 443, scheme: "https"],
    # All addresses of the machine, IPv6 and IPv4.
    http: [ip: {0, 0, 0, 0, 0, 0, 0, 0}],
    secret_key_base: secret_key_base
end
