defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  ## Channels
  # channel("lobby:*", MyAppWeb.LobbyChannel)

  def connect(_params, socket, _info), do: {:ok, socket}
  def id(_socket), do: nil
end
