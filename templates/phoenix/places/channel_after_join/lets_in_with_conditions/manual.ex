defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> id, _payload, socket) do
    with {:ok, room} <- MyApp.Rooms.fetch(id) do
      send(self(), :after_join)
      {:ok, assign(socket, :room, room)}
    end
  end

  @impl true
  def handle_info(:after_join, socket) do
    MyAppWeb.Presence.track(socket)
    {:noreply, socket}
  end
end
