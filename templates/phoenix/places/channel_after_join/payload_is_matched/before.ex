defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> id, %{"name" => name}, socket) when is_binary(name) do
    # Everybody.
    {:ok, %{id: id}, assign(socket, :name, name)}
  end

  @impl true
  def handle_in("ping", payload, socket), do: {:reply, {:ok, payload}, socket}
end
