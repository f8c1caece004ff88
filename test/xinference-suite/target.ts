/** A server that the suite is run against. It asks for a key. */
export interface SuiteTarget {
  readonly side: Side
  readonly endpoint: string
  readonly apiKey: string
  /** A user of the server, if it has any. */
  readonly user: { readonly username: string; readonly password: string }
  /** The demo model, with a window of 512 tokens. */
  readonly modelUid: string
  /** A model that takes one request at a time. */
  readonly limitedUid: string
  /** Asks while the limited model answers somebody else. */
  whileBusy<T>(ask: () => Promise<T>): Promise<T>
}

/** `xinference`: the real one, version 4.1.0. `serve`: `headrace serve`. */
export type Side = 'xinference' | 'serve'
