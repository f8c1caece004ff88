import type { StreamReader } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { readEventError } from '../openai/read-http-error.js'
import { OpenAIStreamReader } from '../openai/stream-reader.js'
import type { InlineThinking } from '../openai/think-splitter.js'
import { habits } from './read-error.js'

/** An error inside a stream is put between quotes as it is, so it need not be JSON (5.17). */
const writtenError = /^\{"error": "(.*)"\}$/s

/** Reads chunks of OpenAI's form, which end without `[DONE]`. */
export class TransformersStreamReader implements StreamReader {
  readonly #reader: OpenAIStreamReader

  constructor(kind: CanonicalRequest['kind'], inlineThinking: InlineThinking) {
    const readStreamError = (error: unknown): HeadraceError => readEventError(habits, error)
    this.#reader = new OpenAIStreamReader({ kind, inlineThinking, readStreamError })
  }

  get isDone(): boolean {
    return this.#reader.isDone
  }

  event(data: string, sink: AnswerSink): void {
    const [, said] = writtenError.exec(data) ?? []
    if (said !== undefined) throw readEventError(habits, said)
    this.#reader.event(data, sink)
  }

  end(sink: AnswerSink): boolean {
    return this.#reader.end(sink)
  }
}
