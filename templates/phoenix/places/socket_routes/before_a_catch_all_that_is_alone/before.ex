defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "r*", MyAppWeb.AllChannel

  def connect(_p, socket, _i), do: {:ok, socket}
  def id(_), do: nil
end
