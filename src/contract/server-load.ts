/** How full a server is by its own account. Where it serves others too, they are counted. */
export interface ServerLoad {
  /** Requests that wait until the server has room for them. */
  readonly waiting: number
  /** Requests that are being answered, where it tells. */
  readonly running: number | undefined
}
