defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket
  use Absinthe.Phoenix.Socket, schema: MyAppWeb.Schema
  require Logger

  alias MyApp.Accounts
  import MyAppWeb.Tokens, only: [read: 1]

  @impl true
  def connect(params, socket, _connect_info) do
    Logger.debug("connects")
    {:ok, assign(socket, :account, Accounts.get(read(params)))}
  end

  @impl true
  def id(_socket), do: nil
end
