defmodule MyAppWeb.Presence do
  @moduledoc "Who is here."
  use Phoenix.Presence,
    otp_app: :my_app,
    pubsub_server: MyApp.PubSub

  alias MyApp.Accounts
  require Logger

  def fetch(_topic, presences) do
    Logger.debug("fetched")
    Accounts.add_names(presences)
  end
end
