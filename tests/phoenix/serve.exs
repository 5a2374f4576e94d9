# Runs the scripts beside this file, one after the other, so that Erlang starts once.
#
# A request is a line with the script, the number of bytes of its standard input, and its arguments, separated by tabs; the
# input follows. A response is a line with `ok` or `error` and a number of bytes; what was printed, or the error, follows.
:io.setopts(:standard_io, encoding: :latin1, binary: true)

run = fn script, args, input ->
  stdio = Process.group_leader()
  {:ok, captured} = StringIO.open(input)
  Process.group_leader(self(), captured)
  System.argv(args)

  try do
    Code.eval_file(script, __DIR__)
    {_rest, printed} = StringIO.contents(captured)
    {"ok", printed}
  rescue
    error -> {"error", Exception.format(:error, error, __STACKTRACE__)}
  after
    Process.group_leader(self(), stdio)
  end
end

serve = fn serve ->
  with line when is_binary(line) <- IO.binread(:stdio, :line) do
    [script, bytes | args] = line |> String.trim_trailing("\n") |> String.split("\t")

    input =
      case String.to_integer(bytes) do
        0 -> ""
        bytes -> IO.binread(:stdio, bytes)
      end

    {outcome, text} = run.(script, args, input)
    IO.binwrite(:stdio, "#{outcome} #{byte_size(text)}\n#{text}")
    serve.(serve)
  end
end

serve.(serve)
