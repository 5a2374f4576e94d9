defmodule MyAppWeb.Presence do
  use MyAppWeb, :presence

  def track(socket) do
    {:ok, _ref} = track(socket, "guest", %{})
  end
end
