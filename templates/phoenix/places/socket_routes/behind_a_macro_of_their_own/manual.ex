defmodule MyAppWeb.UserSocket do
  use MyAppWeb, :socket

  channel "room:*", MyAppWeb.RoomChannel

  def connect(_params, socket, _connect_info), do: {:ok, socket}
  def id(_socket), do: nil
end
