defmodule MyAppWeb.Presence do
  use MyAppWeb, :presence
end
