/** One HTTP request. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Scheme, host and port: `http://127.0.0.1:9997`. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Neither its body nor the answer's is to be shown: they hold secrets that nobody knows yet. */
  readonly isConfidential?: boolean | undefined
}

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Receives one answer, synchronously and in this order; after `end` or `fail` nothing more comes. */
export interface ResponseHandler {
  /** The connection stands and the request is on its way. */
  sent(): void
  head(status: number, headers: ResponseHeaders): void
  data(chunk: Uint8Array): void
  end(): void
  /** No answer, or a broken one; `error` as the network library gave it. */
  fail(error: unknown): void
}

/** A request under way. */
export interface TransportExchange {
  /** Closes the socket. Nothing is reported to the handler after it. */
  abort(): void
  pause(): void
  resume(): void
}

/** Sends requests. Follows no redirect: a credential never reaches a host that it was not given for. */
export interface Transport {
  send(request: TransportRequest, handler: ResponseHandler): TransportExchange
  /** Closes all connections at once, those in use included. */
  close(): Promise<void>
}
