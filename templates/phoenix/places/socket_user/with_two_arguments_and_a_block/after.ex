defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  def connect(_params, socket, connect_info) do
    case MyAppWeb.SocketToken.verify(connect_info[:auth_token]) do
      {:ok, user} -> {:ok, assign(socket, :user, user)}
      {:error, _reason} -> :error
    end
  end

  def id(socket), do: "user_socket:#{socket.assigns.user}"
end
