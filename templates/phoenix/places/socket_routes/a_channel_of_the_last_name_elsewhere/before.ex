defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "room:lobby", Other.MyAppWeb.RoomChannel

  def connect(_params, socket, _info), do: {:ok, socket}
  def id(_socket), do: nil
end
