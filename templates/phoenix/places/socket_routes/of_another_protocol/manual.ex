defmodule MyAppWeb.UserSocket do
  use Absinthe.GraphqlWS.Socket, schema: MyAppWeb.Schema

  channel "room:*", MyAppWeb.RoomChannel

  def handle_init(_params, socket), do: {:ok, %{}, socket}
end
