defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket
  alias MyAppWeb.RoomChannel

  channel("room:" <> "lobby", RoomChannel)
  channel("room:lobby", RoomChannel)

  def connect(_params, socket, _info), do: {:ok, socket}
  def id(_socket), do: nil
end
