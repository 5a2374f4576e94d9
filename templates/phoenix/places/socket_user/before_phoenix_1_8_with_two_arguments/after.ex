defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  def connect(params, socket) do
    case MyAppWeb.SocketToken.verify(params["token"]) do
      {:ok, user} -> {:ok, assign(socket, :user, user)}
      {:error, _reason} -> :error
    end
  end

  def id(socket), do: "user_socket:#{socket.assigns.user}"
end
