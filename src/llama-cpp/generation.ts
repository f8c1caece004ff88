import type { LlamaContextSequence, Token } from 'node-llama-cpp'

import type { AnswerSink, Exchange } from '../contract/engine.js'
import type { ContentLogprob, FinishReason, Warning } from '../contract/response.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { ServerError } from '../errors/server-error.js'
import type { RoundMember } from './evaluation-rounds.js'
import { LogprobQueue, type ScoredToken } from './logprob-queue.js'
import type { PromptTokens } from './prompt-tokenizer.js'
import type { Sampling } from './sampling.js'
import type { SequenceClaim } from './sequence-pool.js'
import { StopStrings } from '../output/stop-strings.js'
import { TokenText } from './token-text.js'
import type { Vocabulary } from './vocabulary.js'

/** What one call generates, and until when. */
export interface GenerationPlan {
  readonly prompt: PromptTokens
  readonly sampling: Sampling
  readonly warnings: readonly Warning[]
  /** The most tokens to generate; at least 1. */
  readonly limit: number
  /** The word for having reached it. */
  readonly limitReason: 'max-tokens' | 'context-window'
  readonly stop: readonly string[]
  readonly stopTokenIds: ReadonlySet<Token>
  /** See {@link RoundMember.isSolitary}; the sequence is then begun anew as well. */
  readonly isSolitary: boolean
  /** The most tokens of the prompt to evaluate in one step. */
  readonly promptStep: number
  readonly modelName: string
  /** Of the engine, for the description of the run. */
  readonly threads: number
}

/** Who is told what becomes of a generation. */
export interface GenerationOwner {
  /** It has a sequence, and wants to be evaluated. */
  begun(generation: Generation): void
  /** It was reported as ended, whether or not it had a sequence. */
  ended(generation: Generation): void
  /** It has no more use for its sequence. */
  released(sequence: LlamaContextSequence): void
  /** It wants to go on. */
  woken(): void
}

type TokenStream = ReturnType<LlamaContextSequence['evaluateWithMetadata']>

/** One call: waits for a sequence, evaluates the prompt, generates, and reports all of it to its sink. */
export class Generation implements Exchange, RoundMember, SequenceClaim<LlamaContextSequence> {
  readonly isSolitary: boolean
  readonly #plan: GenerationPlan
  readonly #vocabulary: Vocabulary
  readonly #sink: AnswerSink
  readonly #owner: GenerationOwner
  readonly #text = new TokenText()
  readonly #stops: StopStrings
  readonly #logprobs: LogprobQueue | undefined
  #sequence: LlamaContextSequence | undefined
  #stream: TokenStream | undefined
  #promptDone = -1
  #reused = 0
  #outputTokens = 0
  #isPaused = false
  #isEnded = false
  #hasFailed = false

  constructor(plan: GenerationPlan, vocabulary: Vocabulary, sink: AnswerSink, owner: GenerationOwner) {
    this.#plan = plan
    this.#vocabulary = vocabulary
    this.#sink = sink
    this.#owner = owner
    this.isSolitary = plan.isSolitary
    this.#stops = new StopStrings(plan.stop)
    const top = plan.sampling.topLogprobs
    this.#logprobs = top === undefined ? undefined : new LogprobQueue(vocabulary, top)
  }

  get isReady(): boolean {
    return !this.#isPaused && !this.#isEnded
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  abort(reason: HeadraceError): void {
    if (!this.#isEnded) this.#end(reason)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#owner.woken()
  }

  choose(free: readonly LlamaContextSequence[]): LlamaContextSequence | undefined {
    if (this.isSolitary) return undefined
    const tokens = this.#plan.prompt.tokens as Token[]
    let best: LlamaContextSequence | undefined
    let bestLength = 0
    for (const sequence of free) {
      const { firstDifferentIndex } = sequence.compareContextTokens(tokens)
      if (firstDifferentIndex > bestLength) {
        best = sequence
        bestLength = firstDifferentIndex
      }
    }
    return best
  }

  granted(sequence: LlamaContextSequence): void {
    this.#sequence = sequence
    this.#owner.begun(this)
  }

  async step(): Promise<void> {
    try {
      if (this.#stream === undefined) {
        if (this.#promptDone === -1) await this.#begin()
        if (this.#isEnded || (await this.#evaluatePromptPart())) return
      }
      const { value } = await (this.#stream as TokenStream).next()
      if (this.#isEnded) return
      if (value === undefined) throw new Error('it generated no token')
      this.#accept(value)
    } catch (cause) {
      this.#hasFailed = true
      if (!this.#isEnded) this.#end(failed(cause))
    }
  }

  async close(): Promise<void> {
    const sequence = this.#sequence as LlamaContextSequence
    try {
      await this.#stream?.return(undefined)
      // What a failed evaluation left behind is not what the sequence believes to hold.
      if (this.#hasFailed) await sequence.clearHistory()
    } catch {
      // The context is gone, and the sequence with it.
    }
    this.#owner.released(sequence)
  }

  async #begin(): Promise<void> {
    const sequence = this.#sequence as LlamaContextSequence
    const { prompt, warnings } = this.#plan
    const { tokens } = prompt
    for (const warning of warnings) this.#sink.warn(warning)
    this.#sink.sent()
    this.#reportUsage()
    // A prompt that is evaluated from the middle goes through other batches, which rounds differently.
    if (this.isSolitary) await sequence.clearHistory()
    else await sequence.adaptStateToTokens(tokens.slice(0, -1), false)
    this.#reused = this.#promptDone = sequence.nextTokenIndex
  }

  /** Whether there is more of the prompt to evaluate before the first token can be generated. */
  async #evaluatePromptPart(): Promise<boolean> {
    const sequence = this.#sequence as LlamaContextSequence
    const { prompt, promptStep, sampling } = this.#plan
    const part = prompt.tokens.slice(this.#promptDone, this.#promptDone + promptStep)
    this.#promptDone += part.length
    if (this.#promptDone < prompt.tokens.length) {
      await sequence.evaluateWithoutGeneratingNewTokens(part)
      if (!this.#isEnded) this.#sink.activity()
      return true
    }
    this.#stream = sequence.evaluateWithMetadata(part, sampling.metadata, sampling.evaluation)
    return false
  }

  #accept(output: ScoredToken): void {
    const { token } = output
    this.#outputTokens++
    this.#plan.sampling.chosen(token)
    this.#reportUsage()
    if (this.#vocabulary.isEnd(token)) return this.#finish({ unified: 'stop', raw: 'eos' })
    if (this.#plan.stopTokenIds.has(token)) return this.#finish({ unified: 'stop', raw: 'stop-token' })
    const piece = this.#text.push(this.#vocabulary.piece(token))
    this.#logprobs?.add(output, piece.length)
    const { text, stopped } = this.#stops.push(piece)
    this.#emit(text)
    if (this.#isEnded) return
    if (stopped !== undefined) this.#finish({ unified: 'stop', raw: 'stop-string' })
    else if (this.#outputTokens >= this.#plan.limit) this.#finish({ unified: 'length', raw: this.#plan.limitReason })
  }

  #emit(text: string, logprobs: readonly ContentLogprob[] | undefined = this.#logprobs?.take(text.length)): void {
    if (logprobs === undefined) {
      if (text !== '') this.#sink.text(text)
    } else if (text !== '' || logprobs.length > 0) this.#sink.text(text, logprobs)
  }

  #finish(reason: FinishReason): void {
    // A stop string takes the tokens that made it along; every other end hands on what was held back.
    if (reason.raw !== 'stop-string') this.#emit(this.#stops.flush(), this.#logprobs?.takeAll())
    const { sampling, prompt, modelName, threads } = this.#plan
    this.#sink.finish(reason)
    this.#sink.model(modelName)
    this.#sink.raw({
      engine: 'llama.cpp',
      model: modelName,
      seed: sampling.seed,
      threads,
      promptTokens: prompt.tokens.length,
      reusedPromptTokens: this.#reused,
      outputTokens: this.#outputTokens,
      finishReason: reason.raw,
    })
    this.#end()
  }

  #reportUsage(): void {
    const inputTokens = this.#plan.prompt.tokens.length
    const outputTokens = this.#outputTokens
    this.#sink.usage({ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens })
  }

  #end(error?: HeadraceError): void {
    this.#isEnded = true
    this.#owner.ended(this)
    this.#sink.end(error)
  }
}

function failed(cause: unknown): ServerError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ServerError(
    `llama.cpp failed to evaluate the call: ${reason.replace(/\.$/, '')}; ask again, or load the model anew.`,
    {
      cause,
    },
  )
}
