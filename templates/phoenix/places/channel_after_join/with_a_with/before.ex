defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> id, _payload, socket) do
    with {:ok, room} <- MyApp.room(id) do
      {:ok, assign(socket, :room, room)}
    end
  end
end
