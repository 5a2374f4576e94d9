defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> id, %{"name" => name}, socket) when is_binary(name) do
    send(self(), :after_join)
    # Everybody.
    {:ok, %{id: id}, assign(socket, :name, name)}
  end

  @impl true
  def handle_info(:after_join, socket) do
    MyAppWeb.Presence.track(socket)
    {:noreply, socket}
  end

  @impl true
  def handle_in("ping", payload, socket), do: {:reply, {:ok, payload}, socket}
end
