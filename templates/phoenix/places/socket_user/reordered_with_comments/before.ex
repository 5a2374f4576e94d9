defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket, log: false

  # Nobody.
  @impl true
  def id(_socket) do
    # yet
    nil
  end

  @impl true
  def connect(%{} = _params, socket, _connect_info) do
    {:ok, socket}
  end
end
