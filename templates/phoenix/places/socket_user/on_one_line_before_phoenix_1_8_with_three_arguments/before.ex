defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  @impl true
  def connect(_args, client, _), do: {:ok, client}

  @impl true
  def id(_socket) do
    nil
  end
end
