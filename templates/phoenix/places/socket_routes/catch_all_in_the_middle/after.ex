defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "chat:*", MyAppWeb.ChatChannel
  channel "room:*", MyAppWeb.RoomChannel
  channel "r*", MyAppWeb.RChannel
  channel "post:*", MyAppWeb.PostChannel

  def connect(_params, socket, _info), do: {:ok, socket}
  def id(_socket), do: nil
end
