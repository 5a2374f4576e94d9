defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:lobby", _payload, socket) do
    send(self(), :after_join)
    {:ok, socket}
  end

  @impl true
  def handle_info(:after_join, socket) do
    MyAppWeb.Presence.track(socket)
    push(socket, "feed", %{list: []})
    {:noreply, socket}
  end
end
