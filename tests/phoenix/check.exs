# Reads every file named on the command line: it has to parse, and to be formatted as `mix format` would in a
# Phoenix app. Channels, sockets and their tests are so in apps with lines of other lengths, too, from the one that is
# named first. Prints nothing if all is well.
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

[shortest | paths] = System.argv()

for path <- paths do
  source = File.read!(path)
  Code.string_to_quoted!(source, file: path)
  is_channel = String.contains?(path, "/channels/")
  lengths = if is_channel, do: [String.to_integer(shortest), 98, 120], else: [98]

  for length <- lengths do
    options = [locals_without_parens: locals, line_length: length]
    formatted = Code.format_string!(source, options)

    if IO.iodata_to_binary([formatted, "\n"]) != source do
      IO.puts("#{path} is not formatted with lines of up to #{length} characters")
    end
  end
end
