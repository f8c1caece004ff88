import type { ServerResponse } from 'node:http'

/** What stands around the data of an event, and what keeps the connection alive. */
export interface EventFraming {
  readonly before: string
  readonly after: string
  readonly ping: (now: Date) => string
}

/** Byte for byte as sse-starlette 2 writes it: CRLF, one `data: ` line an event. */
const starletteFraming: EventFraming = {
  before: 'data: ',
  after: '\r\n\r\n',
  ping: (now) => `: ping - ${pythonTime(now)}\r\n\r\n`,
}

/** A `text/event-stream` answer. The status is out before the first event. */
export class EventStream {
  readonly #framing: EventFraming
  readonly #outgoing: ServerResponse
  readonly #pings: NodeJS.Timeout | undefined

  /** @param pingIntervalMs - `Infinity`: no pings. */
  constructor(outgoing: ServerResponse, pingIntervalMs: number, framing: EventFraming = starletteFraming) {
    this.#outgoing = outgoing
    this.#framing = framing
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
    const { before, after } = this.#framing
    if (outgoing.destroyed || outgoing.write(before + data + after)) return
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
    this.#outgoing.write(this.#framing.ping(new Date()))
  }
}

/** As `str(datetime.now(timezone.utc))`, which has microseconds. */
function pythonTime(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '000+00:00')
}
