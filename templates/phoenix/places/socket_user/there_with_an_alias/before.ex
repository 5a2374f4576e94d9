defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket
  alias MyAppWeb.SocketToken

  channel "room:*", MyAppWeb.RoomChannel

  @impl true
  def connect(_params, socket, %{auth_token: token}) do
    case SocketToken.verify(token) do
      {:ok, user} -> {:ok, assign(socket, user: user, admin: user == "root")}
      {:error, reason} -> {:error, reason}
    end
  end

  @impl true
  def id(socket), do: "people:" <> "#{socket.assigns.user}"
end
