defmodule MyAppWeb do
  defmodule UserSocket do
    use Phoenix.Socket
  end

  defmodule Endpoint do
    use Phoenix.Endpoint, otp_app: :my_app

    socket "/live", UserSocket
  end
end
