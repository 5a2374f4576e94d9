defmodule MyAppWeb do
  defmodule Other.UserSocket do
    use Phoenix.Socket
  end

  defmodule UserSocket do
    use Phoenix.Socket

    channel "room:*", MyAppWeb.RoomChannel
  end
end
