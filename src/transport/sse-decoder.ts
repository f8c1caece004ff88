import { createParser, type EventSourceParser } from 'eventsource-parser'

/** Bytes of a `text/event-stream` in, the data of its events out; synchronous. */
export class SseDecoder {
  // A character may be cut between two chunks, so the decoder keeps what is left of the last one.
  readonly #text = new TextDecoder()
  readonly #parser: EventSourceParser

  /** `onData` gets each event's data; it may throw, and `push` throws the same then. */
  constructor(onData: (data: string) => void) {
    this.#parser = createParser({
      // The standard dispatches no event without data; some servers send such ones to keep a connection alive.
      onEvent: ({ data }) => {
        if (data !== '') onData(data)
      },
    })
  }

  push(chunk: Uint8Array): void {
    this.#parser.feed(this.#text.decode(chunk, streaming))
  }

  /** The body ended: hands over an event that no blank line ended. */
  end(): void {
    this.#parser.feed(`${this.#text.decode()}\n\n`)
  }
}

const streaming = { stream: true }
