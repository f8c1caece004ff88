import type { AnswerContext, StreamReader } from '../../contract/dialect.js'
import type { AnswerSink } from '../../contract/engine.js'
import type { FinishReason } from '../../contract/response.js'
import { CompletionText } from '../completion-text.js'
import { readFinishReason } from '../openai/read-fields.js'
import { parseEvent } from '../parse-event.js'
import { StopCuttingSink } from '../stop-cutting.js'
import { readGenerateStreamError } from './read-error.js'
import {
  asksForLogprobs,
  readToken,
  repeatedPrompt,
  stopsOfAnswer,
  usageOf,
  type WireDetails,
  type WireToken,
} from './read-generated.js'

/** Reads the events of `/generate_stream`: one a token, the last with the whole text and the details; no `[DONE]`. */
export class GenerateStreamReader implements StreamReader {
  readonly #context: AnswerContext | undefined
  readonly #asksForLogprobs: boolean
  #cutting: StopCuttingSink | undefined
  #text: CompletionText | undefined
  #isDone = false
  #reason: FinishReason | undefined

  constructor(context: AnswerContext | undefined) {
    this.#context = context
    this.#asksForLogprobs = asksForLogprobs(context)
  }

  get isDone(): boolean {
    return this.#isDone
  }

  event(data: string, sink: AnswerSink): void {
    const event = parseEvent(data)
    if (event['error'] !== undefined && event['error'] !== null) throw readGenerateStreamError(event)
    const token = event['token'] as WireToken | null | undefined
    const text = this.#begin(sink)
    if (token !== undefined && token !== null && token.special !== true && typeof token.text === 'string') {
      text.push(token.text, this.#asksForLogprobs ? readToken(token, event['top_tokens']) : undefined)
    }
    if (typeof event['generated_text'] !== 'string') return
    this.#isDone = true
    const details = event['details'] as WireDetails | null | undefined
    this.#reason = readFinishReason(details?.finish_reason)
    const usage = usageOf(details, this.#context)
    if (usage !== undefined) sink.usage(usage)
    sink.raw(event)
  }

  end(sink: AnswerSink): boolean {
    this.#begin(sink).end(this.#reason)
    this.#cutting?.flush()
    return this.#isDone
  }

  /** `return_full_text` puts the prompt before the whole text alone, not before the tokens. */
  #begin(sink: AnswerSink): CompletionText {
    if (this.#text !== undefined) return this.#text
    const prompt = repeatedPrompt(this.#context)
    if (prompt !== '') sink.text(prompt)
    this.#cutting = new StopCuttingSink(sink, stopsOfAnswer(this.#context))
    return (this.#text = new CompletionText(this.#cutting, this.#context))
  }
}
