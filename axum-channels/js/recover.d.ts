import type { Channel } from "phoenix"

/** Creates a channel that misses nothing, if its topic has a history on the server. */
export function recover(
  open: (topic: string, params: () => object) => Channel,
  topic: string,
  params?: object | (() => object),
  /** Called after a reconnect if messages were missed for good. */
  onLost?: () => void,
): Channel
