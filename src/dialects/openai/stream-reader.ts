import type { StreamReader } from '../../contract/dialect.js'
import type { AnswerSink, CanonicalRequest } from '../../contract/engine.js'
import type { ContentLogprob, FinishReason } from '../../contract/response.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { parseEvent } from '../parse-event.js'
import { readFinishReason, readLogprobs, readUsage } from './read-fields.js'
import { readThought } from './read-thought.js'
import { type InlineThinking, ThinkSplitter } from './think-splitter.js'
import { ToolCallAssembler } from './tool-call-assembler.js'
import type { WireAnswer, WireChoice, WireToolCall } from './wire-types.js'

export interface OpenAIStreamReaderOptions {
  readonly kind: CanonicalRequest['kind']
  /** Whether thinking may stand in the text itself. */
  readonly inlineThinking: InlineThinking
  /** Reads the `error` of an event. */
  readonly readStreamError: (error: unknown) => HeadraceError
  /** Whether `[DONE]` without a reason is an answer that was broken off. @defaultValue false */
  readonly isEndedByReasonAlone?: boolean | undefined
}

/** Reads chunks of OpenAI's form, tolerantly: fields may be null, missing, repeated; chunk ids mean nothing. */
export class OpenAIStreamReader implements StreamReader {
  readonly #options: OpenAIStreamReaderOptions
  #reason: FinishReason | undefined
  #isDone = false
  #hasModel = false
  #hasThought = false
  #splitter: ThinkSplitter | undefined
  #tools: ToolCallAssembler | undefined

  constructor(options: OpenAIStreamReaderOptions) {
    this.#options = options
  }

  get isDone(): boolean {
    return this.#isDone
  }

  event(data: string, sink: AnswerSink): void {
    if (data === '[DONE]') {
      this.#isDone = true
      return
    }
    const chunk: WireAnswer = parseEvent(data)
    if (chunk.error !== undefined && chunk.error !== null) throw this.#options.readStreamError(chunk.error)
    // How vLLM before 0.11 reports one.
    if (chunk.object === 'error') throw this.#options.readStreamError(chunk)
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
    this.#splitter?.end(this.#reason ?? (this.#isDone ? doneByItself : undefined))
    if (this.#reason !== undefined) sink.finish(this.#reason)
    return this.#reason !== undefined || (this.#isDone && this.#options.isEndedByReasonAlone !== true)
  }

  #choice(choice: WireChoice, chunk: WireAnswer, sink: AnswerSink): void {
    const { delta } = choice
    const content = this.#options.kind === 'chat' ? delta?.content : choice.text
    const thought = readThought(delta)
    if (thought !== '') this.#think(thought, sink)
    if (typeof content === 'string' && content !== '') {
      this.#text(content, choice.logprobs ? readLogprobs(choice.logprobs) : undefined, sink)
    }
    // TGI before 3.2 sends a call alone where others send a list.
    const calls = asList(delta?.tool_calls)
    if (calls !== undefined) (this.#tools ??= new ToolCallAssembler()).add(calls as WireToolCall[], sink)
    if (choice.finish_reason !== null && choice.finish_reason !== undefined)
      this.#finish(choice.finish_reason, chunk, sink)
  }

  #think(thought: string, sink: AnswerSink): void {
    const delta = this.#hasThought ? thought : thought.replace(/^\s*<think>\s*/, '')
    this.#hasThought = true
    // A server that tells the two apart leaves no tags in the text but those that the text is about.
    this.#textReader(sink)?.trust()
    sink.reasoning(delta)
  }

  #text(content: string, logprobs: readonly ContentLogprob[] | undefined, sink: AnswerSink): void {
    const splitter = this.#textReader(sink)
    if (splitter === undefined) {
      sink.text(content, logprobs)
      return
    }
    if (logprobs !== undefined) sink.text('', logprobs)
    splitter.push(content)
  }

  #textReader(sink: AnswerSink): ThinkSplitter | undefined {
    const { inlineThinking } = this.#options
    if (inlineThinking === 'none') return undefined
    return (this.#splitter ??= new ThinkSplitter(sink, inlineThinking))
  }

  /** The first reason holds: the transformers engine of Xinference says "stop" after "length" in its usage chunk. */
  #finish(value: unknown, chunk: WireAnswer, sink: AnswerSink): void {
    const reason = readFinishReason(value)
    if (reason === undefined) return
    if (this.#reason === undefined || reason.unified === 'tool-calls') this.#reason = reason
    sink.raw(chunk)
  }
}

/** [DONE] without a reason ends an answer as well as one. */
const doneByItself: FinishReason = { unified: 'stop', raw: undefined }

function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? [value] : undefined
}
