defmodule MyAppWeb.UserSocket do
  use MyAppWeb.Socket, max_channels: 10
  use MyApp.Logs

  channel "news:*", MyAppWeb.NewsChannel
  channel "poll:*", MyAppWeb.PollChannel

  def connect(_params, socket, _connect_info), do: {:ok, socket}
  def id(_socket), do: nil
end
