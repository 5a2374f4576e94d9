defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "room:*", MyAppWeb.RoomChannel
  channel "r*", MyAppWeb.AllChannel

  def connect(_p, socket, _i), do: {:ok, socket}
  def id(_), do: nil
end
