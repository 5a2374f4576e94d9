# Prints what stands directly in the body of the module that has the `use` of the first argument, one line for
# each call of the names that follow: where it is among the body's expressions, and what it says. Standard input
# is the source.
[used | names] = System.argv()
source = IO.read(:stdio, :all)
names = Enum.map(names, &String.to_atom/1)

body = fn
  {:__block__, _meta, expressions} -> expressions
  expression -> [expression]
end

uses? = fn expressions ->
  Enum.any?(expressions, fn
    {:use, _meta, [{:__aliases__, _, parts} | _]} -> Enum.join(parts, ".") == used
    _ -> false
  end)
end

{_, found} =
  source
  |> Code.string_to_quoted!()
  |> Macro.prewalk([], fn
    {:defmodule, _meta, [_name, [do: block]]} = module, found ->
      expressions = body.(block)
      {module, if(uses?.(expressions), do: [expressions | found], else: found)}

    other, found ->
      {other, found}
  end)

for expressions <- found do
  for {{name, _meta, [_ | _] = arguments}, at} <- Enum.with_index(expressions), name in names do
    IO.puts("#{at} #{name} #{Enum.map_join(arguments, ", ", &Macro.to_string/1)}")
  end

  # Between modules.
  IO.puts("")
end
