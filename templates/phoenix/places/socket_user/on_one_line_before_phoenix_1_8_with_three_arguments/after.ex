defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  @impl true
  def connect(args, client, _) do
    case MyAppWeb.SocketToken.verify(args["token"]) do
      {:ok, user} -> {:ok, assign(client, :user, user)}
      {:error, _reason} -> :error
    end
  end

  @impl true
  def id(socket) do
    "user_socket:#{socket.assigns.user}"
  end
end
