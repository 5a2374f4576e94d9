defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "user:*", MyAppWeb.UserChannel
  channel "room:*", MyAppWeb.RoomChannel
  channel "*", MyAppWeb.AllChannel

  def connect(_p, socket, _i), do: {:ok, socket}
  def id(_), do: nil
end
