# On a busy machine, a message may take longer than the default of 100 ms.
ExUnit.start(assert_receive_timeout: 1_000)
