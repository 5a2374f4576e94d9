defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  channel "room:*", MyAppWeb.RoomChannel

  @impl true
  def connect(_params, socket, info) do
    case MyAppWeb.SocketToken.verify(info[:auth_token]) do
      {:ok, user} -> {:ok, assign(socket, :user, user)}
      {:error, _reason} -> :error
    end
  end

  @impl true
  def id(socket), do: "user_socket:#{socket.assigns.user}"
end
