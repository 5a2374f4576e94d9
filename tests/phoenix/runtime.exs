# Reads a runtime.exs with a PORT and a REDIS_URL, and prints the settings of the app's PubSub, with HOST for the name of
# the machine, or the error.
[path, app, url] = System.argv()
System.put_env("PORT", "4711")
System.put_env("REDIS_URL", url)
{:ok, host} = :inet.gethostname()

try do
  settings = Config.Reader.read!(path, env: :dev)
  options = settings[String.to_atom(app)][:pubsub]
  IO.puts(String.replace(inspect(options, limit: :infinity, width: :infinity), "#{host}:", "HOST:"))
rescue
  error in RuntimeError -> IO.puts(error.message)
end
