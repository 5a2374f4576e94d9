defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> _id, _payload, socket) do
    send(self(), :after_join)

    socket
    |> assign(:joined, true)
    |> then(&{:ok, &1})
  end

  @impl true
  def handle_info(:after_join, socket) do
    MyAppWeb.Presence.track(socket)
    {:noreply, socket}
  end
end
