defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  @impl true
  def connect(_params, socket, _info) do
    {:ok, socket}
  end

  @impl true
  def id(_socket), do: nil
end
