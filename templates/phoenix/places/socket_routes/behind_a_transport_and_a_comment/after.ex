defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket, log: :debug

  ## Channels
  channel "room:*", MyAppWeb.RoomChannel
  # channel "chat:*", MyAppWeb.ChatChannel

  ## Transports
  transport :websocket, Phoenix.Transports.WebSocket

  def connect(_params, socket), do: {:ok, socket}
  def id(_socket), do: nil
end
