import type { ServerResponse } from 'node:http'

/**
 * A `text/event-stream` answer, byte for byte as sse-starlette 2 sends it: CRLF, one `data: ` line an event, comment
 * lines as pings. The status is out before the first event.
 */
export class EventStream {
  readonly #outgoing: ServerResponse
  readonly #pings: NodeJS.Timeout | undefined

  /** @param pingIntervalMs - `Infinity`: no pings. */
  constructor(outgoing: ServerResponse, pingIntervalMs: number) {
    this.#outgoing = outgoing
    outgoing.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    outgoing.flushHeaders()
    if (pingIntervalMs !== Infinity) this.#pings = setInterval(() => this.#ping(), pingIntervalMs)
  }

  /** Sends one event of one line. Resolves when there is room for the next one, or nobody left to send it to. */
  async send(data: string): Promise<void> {
    const outgoing = this.#outgoing
    if (outgoing.destroyed || outgoing.write(`data: ${data}\r\n\r\n`)) return
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        outgoing.off('drain', settle).off('close', settle)
        resolve()
      }
      outgoing.on('drain', settle).on('close', settle)
    })
  }

  end(): void {
    clearInterval(this.#pings)
    if (!this.#outgoing.destroyed) this.#outgoing.end()
  }

  #ping(): void {
    // A client that does not read needs no sign of life.
    if (this.#outgoing.destroyed || this.#outgoing.writableNeedDrain) return
    this.#outgoing.write(`: ping - ${pythonTime(new Date())}\r\n\r\n`)
  }
}

/** As `str(datetime.now(timezone.utc))`, which has microseconds. */
function pythonTime(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '000+00:00')
}
