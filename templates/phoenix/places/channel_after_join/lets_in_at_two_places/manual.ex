defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> id, _payload, socket) do
    send(self(), :after_join)

    if id == "lobby" do
      {:ok, socket}
    else
      {:ok, assign(socket, :room, id)}
    end
  end

  @impl true
  def handle_info(:after_join, socket) do
    MyAppWeb.Presence.track(socket)
    {:noreply, socket}
  end
end
