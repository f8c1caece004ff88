import type { StreamReader } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { FinishReason } from '../../contract/response.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import { asArguments, optionalString, quote } from './read-answer.js'
import { readFinishReason, readLogprobs, readUsage } from './read-fields.js'
import { ThinkSplitter } from './think-splitter.js'
import type { WireAnswer, WireChoice, WireToolCall } from './wire-types.js'

export interface OpenAIStreamReaderOptions {
  readonly kind: CanonicalRequest['kind']
  /** Whether the text may begin with `<think>`. */
  readonly hasInlineThinking: boolean
  /** Reads the `error` of an event. */
  readonly readStreamError: (error: unknown) => HeadraceError
}

/** Reads chunks of OpenAI's form, tolerantly: fields may be null, missing, repeated; chunk ids mean nothing. */
export class OpenAIStreamReader implements StreamReader {
  readonly #options: OpenAIStreamReaderOptions
  #reason: FinishReason | undefined
  #isDone = false
  #hasModel = false
  #splitter: ThinkSplitter | undefined
  readonly #toolArguments: string[] = []
  readonly #toolIds: (string | undefined)[] = []

  constructor(options: OpenAIStreamReaderOptions) {
    this.#options = options
  }

  event(data: string, sink: AnswerSink): void {
    if (data === '[DONE]') {
      this.#isDone = true
      return
    }
    const chunk = parseChunk(data)
    if (chunk.error !== undefined && chunk.error !== null) throw this.#options.readStreamError(chunk.error)
    if (!this.#hasModel && typeof chunk.model === 'string') {
      this.#hasModel = true
      sink.model(chunk.model)
    }
    const choice = Array.isArray(chunk.choices) ? (chunk.choices[0] as WireChoice | undefined) : undefined
    if (choice !== undefined && choice !== null) this.#choice(choice, chunk, sink)
    if (chunk.usage === undefined || chunk.usage === null) return
    const usage = readUsage(chunk.usage)
    if (usage === undefined) return
    sink.usage(usage)
    sink.raw(chunk)
  }

  end(sink: AnswerSink): boolean {
    this.#splitter?.end()
    if (this.#reason !== undefined) sink.finish(this.#reason)
    return this.#isDone || this.#reason !== undefined
  }

  #choice(choice: WireChoice, chunk: WireAnswer, sink: AnswerSink): void {
    const { delta } = choice
    const content = this.#options.kind === 'chat' ? delta?.content : choice.text
    const thought = delta?.reasoning_content ?? delta?.reasoning
    if (typeof thought === 'string' && thought !== '') sink.reasoning(thought)
    if (typeof content === 'string' && content !== '') {
      const logprobs = choice.logprobs ? readLogprobs(choice.logprobs) : undefined
      if (this.#options.hasInlineThinking) {
        this.#splitter ??= new ThinkSplitter(
          (text) => sink.reasoning(text),
          (text) => sink.text(text),
        )
        if (logprobs !== undefined) sink.text('', logprobs)
        this.#splitter.push(content)
      } else sink.text(content, logprobs)
    }
    const calls = delta?.tool_calls
    if (Array.isArray(calls)) for (const call of calls as WireToolCall[]) this.#toolCall(call, sink)
    if (choice.finish_reason !== null && choice.finish_reason !== undefined)
      this.#finish(choice.finish_reason, chunk, sink)
  }

  /** The first reason holds: the transformers engine of Xinference says "stop" after "length" in its usage chunk. */
  #finish(value: unknown, chunk: WireAnswer, sink: AnswerSink): void {
    const reason = readFinishReason(value)
    if (reason === undefined) return
    if (this.#reason === undefined || reason.unified === 'tool-calls') this.#reason = reason
    sink.raw(chunk)
  }

  #toolCall(call: WireToolCall, sink: AnswerSink): void {
    const id = optionalString(call.id)
    const name = optionalString(call.function?.name)
    const index = this.#indexOf(call.index, id, name)
    let text = asArguments(call.function?.arguments)
    const before = this.#toolArguments[index] ?? ''
    // Some parsers send the arguments in pieces and then once more as a whole.
    if (text !== '' && isWholeJson(before) && isWholeJson(text)) text = ''
    this.#toolArguments[index] = before + text
    this.#toolIds[index] ??= id
    sink.toolCall(index, id, name, text)
  }

  /** Old servers leave the index out: a known id continues its call, a name begins a new one. */
  #indexOf(index: unknown, id: string | undefined, name: string | undefined): number {
    if (typeof index === 'number' && index >= 0) return index
    const known = id === undefined ? -1 : this.#toolIds.indexOf(id)
    if (known !== -1) return known
    const last = this.#toolArguments.length - 1
    return name === undefined && last >= 0 ? last : last + 1
  }
}

function parseChunk(data: string): WireAnswer {
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch (cause) {
    throw new MalformedResponseError(`An event of the stream is not JSON: ${quote(data)}.`, { cause })
  }
  if (typeof chunk !== 'object' || chunk === null) {
    throw new MalformedResponseError(`An event of the stream is not an object: ${quote(data)}.`)
  }
  return chunk
}

function isWholeJson(text: string): boolean {
  if (!text.startsWith('{') || !text.endsWith('}')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
