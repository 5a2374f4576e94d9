# A message that a test waits for comes at once, or on a busy machine later.
ExUnit.start(assert_receive_timeout: 1_000)
