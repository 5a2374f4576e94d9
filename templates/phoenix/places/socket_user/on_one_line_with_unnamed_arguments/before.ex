defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  @impl true
  def connect(_, socket, _), do: {:ok, socket}

  @impl true
  def id(_), do: nil
end
