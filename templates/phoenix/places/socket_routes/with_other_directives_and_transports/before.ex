defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket
  alias MyApp.Accounts

  transport(:websocket, Phoenix.Transports.WebSocket)

  def connect(params, socket), do: {:ok, assign(socket, :account, Accounts.get(params))}

  def id(_socket), do: nil
end
