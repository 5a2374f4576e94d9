defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket

  @impl true
  def connect(params, socket, _connect_info) do
    {:ok, assign(socket, :locale, params["locale"])}
  end

  @impl true
  def id(_socket), do: nil
end
