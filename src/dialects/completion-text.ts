import type { AnswerContext } from '../contract/dialect.js'
import type { AnswerSink } from '../contract/engine.js'
import type { ContentLogprob, FinishReason } from '../contract/response.js'
import { ThinkSplitter } from './openai/think-splitter.js'
import { thinkingOf } from './openai/thinking-of.js'

/** Reports the text of a server's own route for literal text, in which a rendered conversation's thinking stands too. */
export class CompletionText {
  readonly #sink: AnswerSink
  readonly #splitter: ThinkSplitter | undefined

  constructor(sink: AnswerSink, context: AnswerContext | undefined) {
    this.#sink = sink
    const thinking = thinkingOf('completion', context?.request)
    this.#splitter = thinking === 'none' ? undefined : new ThinkSplitter(sink, thinking)
  }

  push(delta: string, logprobs?: readonly ContentLogprob[]): void {
    if (this.#splitter === undefined) {
      this.#sink.text(delta, logprobs)
      return
    }
    if (logprobs !== undefined) this.#sink.text('', logprobs)
    if (delta !== '') this.#splitter.push(delta)
  }

  /** Nothing more comes. `reason`: of an answer that is complete. */
  end(reason: FinishReason | undefined): void {
    this.#splitter?.end(reason)
    if (reason !== undefined) this.#sink.finish(reason)
  }
}
