# Reads every file named on the command line: it has to parse, and to be formatted as `mix format` would in a
# Phoenix app. Prints nothing if all is well.
locals = [
  plug: :*,
  socket: :*,
  channel: :*,
  pipeline: :*,
  pipe_through: :*,
  get: :*,
  post: :*,
  embed_templates: :*,
  attr: :*,
  slot: :*,
  assert_reply: :*,
  assert_push: :*,
  assert_broadcast: :*
]

for path <- System.argv() do
  source = File.read!(path)
  Code.string_to_quoted!(source, file: path)
  formatted = Code.format_string!(source, locals_without_parens: locals)

  if IO.iodata_to_binary([formatted, "\n"]) != source do
    IO.puts("#{path} is not formatted")
  end
end
