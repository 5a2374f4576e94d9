defmodule MyAppWeb.Endpoint do
  @moduledoc """
  Mounts:

      socket "/socket", MyAppWeb.UserSocket
  """
  use Phoenix.Endpoint,
    # the app
    otp_app: :my_app

  require Logger
  import Plug.Conn

  @impl true
  def init(_key, config), do: {:ok, config}

  plug MyAppWeb.Router
end
