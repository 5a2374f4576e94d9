# Prints the modules that come with Elixir and are in no other one, each with the name of an app that would have it.
for app <- [:elixir, :eex, :ex_unit, :iex, :logger, :mix] do
  Application.load(app)
  {:ok, modules} = :application.get_key(app, :modules)

  for "Elixir." <> name <- Enum.map(modules, &Atom.to_string/1), not String.contains?(name, ".") do
    IO.puts("#{name} #{Macro.underscore(name)}")
  end
end
