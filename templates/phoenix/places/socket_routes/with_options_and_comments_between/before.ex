defmodule MyAppWeb.UserSocket do
  use Phoenix.Socket
  alias MyAppWeb.Channels

  # First.
  channel "chat:*", Channels.ChatChannel,
    assigns: %{kind: :chat}

  # The rest, "room:*" among it.
  channel "*", Channels.AnyChannel

  # Nobody is let in.
  def connect(_params, _socket, _info), do: :error
  def id(_socket), do: nil
end
