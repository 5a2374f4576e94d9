defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  @impl true
  def connect(_, socket, connect_info) do
    case MyAppWeb.SocketToken.verify(connect_info[:auth_token]) do
      {:ok, user} -> {:ok, assign(socket, :user, user)}
      {:error, _reason} -> :error
    end
  end

  @impl true
  def id(socket), do: "user_socket:#{socket.assigns.user}"
end
