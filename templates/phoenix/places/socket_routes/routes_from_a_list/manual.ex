defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "room:*", MyAppWeb.RoomChannel

  for topic <- ~w(room chat) do
    channel "#{topic}:*", MyAppWeb.RoomChannel
  end

  def connect(_params, socket, _info), do: {:ok, socket}
  def id(_socket), do: nil
end
