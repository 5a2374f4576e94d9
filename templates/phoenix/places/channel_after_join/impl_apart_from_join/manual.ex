defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  @doc false
  def join("room:lobby", _payload, socket) do
    send(self(), :after_join)
    {:ok, socket}
  end

  @impl true
  def handle_info(:after_join, socket) do
    MyAppWeb.Presence.track(socket)
    {:noreply, socket}
  end
end
