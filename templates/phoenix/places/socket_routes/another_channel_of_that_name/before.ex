defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "room:search", MyApp.Search.RoomChannel

  def connect(_p, socket, _i), do: {:ok, socket}
  def id(_), do: nil
end
