defmodule MyAppWeb.RoomChannel do
  use MyAppWeb, :channel

  @impl true
  def join("room:" <> _id, _payload, socket) do
    socket
    |> assign(:joined, true)
    |> then(&{:ok, &1})
  end
end
