import type { AnswerSink, CanonicalRequest, Engine, Exchange } from '../contract/engine.js'
import type { CallHandle } from '../contract/generate.js'
import type { ChatMessage } from '../contract/message.js'
import type { GenerationOptions, ResolvedTimeouts } from '../contract/options.js'
import type {
  ChatResponse,
  CompletionResponse,
  ContentLogprob,
  FinishReason,
  Timings,
  Usage,
  Warning,
} from '../contract/response.js'
import type { Runtime } from '../contract/runtime.js'
import type { ChatStreamPart } from '../contract/stream-part.js'
import { AbortedError } from '../errors/aborted-error.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import { type HeadraceError, isHeadraceError } from '../errors/headrace-error.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelLoadingError } from '../errors/model-loading-error.js'
import { ModelNotFoundError } from '../errors/model-not-found-error.js'
import { ServerError } from '../errors/server-error.js'
import { StreamTruncatedError } from '../errors/stream-truncated-error.js'
import { TimeoutError, type TimeoutPhase } from '../errors/timeout-error.js'
import type { Bag, Member } from '../transport/bag.js'
import type { Deadline, DeadlineTimer } from '../transport/deadline-timer.js'
import { retryDelayMs } from '../transport/retry-delay.js'
import { onAbort } from '../transport/signal-listeners.js'
import { Answer } from './answer.js'
import { answerWarnings } from './answer-warnings.js'
import type { CallbackManager } from './callback-manager.js'

/** What a call needs of the model that makes it. */
export interface CallContext {
  readonly engine: Engine
  readonly runtime: Runtime
  readonly deadlines: DeadlineTimer
  readonly callbacks: CallbackManager
  readonly className: string
  /** The model as JSON, for `llm-start`. */
  readonly config: () => Readonly<Record<string, unknown>>
  readonly maxRetries: number
  readonly waitTimeoutMs: number
  /** Calls under way, so that `unload()` can end them. */
  readonly live: Bag<Call<never>>
  /** After a refused credential: whether the same request may be sent once more; see `Connection`. */
  readonly renewal?:
    | {
        readonly generation: () => number
        readonly recover: (error: AuthenticationError, generation: number) => Promise<boolean>
      }
    | undefined
  /** Asks for the reason of a failure that does not tell it; see `Connection`. */
  readonly explain?: ((error: HeadraceError) => Promise<HeadraceError> | undefined) | undefined
}

/** One call's own settings, merged and validated. */
export interface CallSpec<Response> {
  readonly request: CanonicalRequest
  /** As the caller gave them, for `llm-start`. */
  readonly asked: { readonly messages: readonly ChatMessage[] | undefined; readonly prompt: string | undefined }
  /** Counted here, where the model's tokenizer is. */
  readonly inputTokens: number | undefined
  readonly options: GenerationOptions
  readonly signal: AbortSignal | undefined
  readonly timeouts: ResolvedTimeouts
  readonly warnings: readonly Warning[]
  /** Makes the response of a complete answer. @throws HeadraceError when the answer is not acceptable. */
  readonly conclude: (answer: Answer, timings: Timings, warnings: readonly Warning[]) => Response
}

/** Who takes the answer. */
export interface CallConsumer<Response> {
  /** Present: the call is streamed to the caller. */
  readonly part?: (part: Exclude<ChatStreamPart, { type: 'finish' }>) => void
  readonly succeed: (response: Response) => void
  readonly fail: (error: HeadraceError) => void
  /** Told when the answer begins. */
  readonly handle?: CallHandle | undefined
}

const phaseOption = { connect: 'connectMs', 'first-token': 'firstTokenMs', idle: 'idleMs', total: 'totalMs' } as const
const longestWaitStepMs = 5000
const firstWaitStepMs = 1000
const longestRetryAfterMs = 300_000

let lastId = 0

/**
 * The life of one call: attempts, deadlines, retries, waiting, abort, assembly, and its events. Ends exactly once.
 */
export class Call<Response extends ChatResponse | CompletionResponse> implements AnswerSink, Deadline {
  readonly id: string = `call-${++lastId}`
  answer: Answer = new Answer()

  at: number = Infinity
  touched = false
  extendMs: number = Infinity
  latest: number = Infinity
  member: Member<Deadline> | undefined

  readonly #context: CallContext
  readonly #spec: CallSpec<Response>
  readonly #consumer: CallConsumer<Response>
  #warnings: Warning[] | undefined
  #startedAt = 0
  #attempts = 0
  #firstTokenMs: number | undefined
  #waitedMs = 0
  #waits = 0
  #hasRecovered = false
  #hasServerFailed = false
  /** Of the credential that the attempt was sent with. */
  #generation = 0
  #phase: TimeoutPhase = 'connect'
  #exchange: Exchange | undefined
  #membership: Member<Call<never>> | undefined
  #cancelDelay: (() => void) | undefined
  #stopListening: (() => void) | undefined
  #isEnded = false

  constructor(context: CallContext, spec: CallSpec<Response>, consumer: CallConsumer<Response>) {
    this.#context = context
    this.#spec = spec
    this.#consumer = consumer
  }

  /** Until now. */
  get timings(): Timings {
    const totalMs = this.#context.runtime.now() - this.#startedAt
    return { firstTokenMs: this.#firstTokenMs, totalMs, attempts: this.#attempts }
  }

  start(): void {
    const { callbacks, className, config, live, runtime } = this.#context
    const { request, asked, options, signal } = this.#spec
    this.#startedAt = runtime.now()
    this.#membership = live.add(this as unknown as Call<never>)
    if (callbacks.hears('llm-start')) {
      const kind = asked.messages === undefined ? 'completion' : 'chat'
      callbacks.emit('llm-start', { id: this.id, className, kind, ...asked, options, config: config() })
    }
    if (signal?.aborted) {
      this.#fail(abortedBy(signal))
      return
    }
    if (signal !== undefined) this.#stopListening = onAbort(signal, () => this.abort(abortedBy(signal)))
    this.#attempt(request)
  }

  /** Ends the call with this error, whatever it is doing. */
  abort(error: HeadraceError): void {
    if (this.#isEnded) return
    const exchange = this.#exchange
    this.#exchange = undefined
    // First, because what it has held back is part of what arrived.
    exchange?.abort(error)
    this.#fail(error)
  }

  pause(): void {
    // A caller that does not read is not a server that does not send. More of the last bytes may still be reported.
    this.at = this.latest
    this.extendMs = Infinity
    this.touched = false
    this.#exchange?.pause()
  }

  resume(): void {
    this.#enter(this.#phase)
    this.#exchange?.resume()
  }

  onPassed(): void {
    const phase = this.#context.runtime.now() >= this.latest ? 'total' : this.#phase
    const option = phaseOption[phase]
    const message = `${timeoutSentence[phase]} within ${this.#spec.timeouts[option]} ms; raise timeouts.${option} if that is too short.`
    const error = new TimeoutError(message, { phase })
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.abort(error)
    this.#settle(error)
  }

  // AnswerSink

  sent(): void {
    this.#enter('first-token')
  }

  activity(): void {
    if (this.#phase === 'first-token' && !this.#spec.request.stream) this.#enter('idle')
    else this.touched = this.#phase === 'idle'
  }

  text(delta: string, logprobs?: readonly ContentLogprob[]): void {
    if (delta === '' && logprobs === undefined) return
    this.#arrive()
    this.answer.addText(delta, logprobs)
    if (this.#consumer.part === undefined) return
    const { text } = this.answer
    this.#part(logprobs === undefined ? { type: 'text', delta, text } : { type: 'text', delta, text, logprobs })
  }

  reasoning(delta: string): void {
    if (delta === '') return
    this.#arrive()
    const reasoning = this.answer.addReasoning(delta)
    if (this.#consumer.part === undefined) return
    this.#part({ type: 'reasoning', delta: '', text: this.answer.text, reasoningDelta: delta, reasoning })
  }

  revise(text: string, reasoning: string | undefined): void {
    const before = this.answer.text
    this.answer.text = text
    this.answer.reasoning = reasoning
    if (this.#consumer.part === undefined) return
    if (text === '') {
      this.#part({ type: 'reasoning', delta: '', text, reasoningDelta: reasoning ?? '', reasoning: reasoning ?? '' })
    } else this.#part({ type: 'text', delta: text.slice(before.length), text })
  }

  toolCall(index: number, id: string | undefined, name: string | undefined, argumentsDelta: string): void {
    this.#arrive()
    this.answer.addToolCall(index, id, name, argumentsDelta)
    if (this.#consumer.part === undefined) return
    this.#part({ type: 'tool-call', delta: '', text: this.answer.text, index, id, name, argumentsDelta })
  }

  finish(reason: FinishReason): void {
    this.answer.finishReason = reason
  }

  usage(usage: Usage): void {
    this.answer.usage = usage
  }

  model(name: string): void {
    this.answer.model = name
  }

  raw(value: unknown): void {
    this.answer.raw = value
  }

  warn(warning: Warning): void {
    ;(this.#warnings ??= []).push(warning)
  }

  end(error?: HeadraceError): void {
    if (this.#exchange === undefined) return
    this.#exchange = undefined
    this.#settle(error)
  }

  // The life

  #attempt(request: CanonicalRequest): void {
    this.#attempts++
    if (this.#attempts > 1) this.answer = new Answer()
    this.latest = this.#context.runtime.now() + this.#spec.timeouts.totalMs
    this.#enter('connect')
    const { renewal } = this.#context
    if (renewal !== undefined) this.#generation = renewal.generation()
    try {
      this.#exchange = this.#context.engine.start(request, this, this.#spec.timeouts)
    } catch (error) {
      this.#fail(toFamily(error))
      return
    }
    this.#context.deadlines.add(this)
  }

  #settle(error: HeadraceError | undefined): void {
    this.#context.deadlines.remove(this)
    if (this.#isEnded) return
    if (error === undefined) this.#succeed()
    else if (!this.#tryAgain(error) && !this.#explain(error)) this.#fail(error)
  }

  /** Never after a piece of the answer: it would be generated and paid for twice. */
  #tryAgain(cause: HeadraceError): boolean {
    if (this.answer.hasBegun) return false
    if (cause instanceof AuthenticationError) return this.#recover(cause)
    const { runtime, callbacks, className, maxRetries, waitTimeoutMs } = this.#context
    if (cause instanceof ModelLoadingError) {
      const delayMs = Math.min(cause.retryAfterMs ?? Infinity, firstWaitStepMs * 2 ** this.#waits, longestWaitStepMs)
      if (this.#waitedMs + delayMs > waitTimeoutMs) return false
      this.#waits++
      this.#waitedMs += delayMs
      callbacks.emit('waiting', { id: this.id, className, waitedMs: this.#waitedMs, delayMs, cause })
      this.#attemptAfter(delayMs)
      return true
    }
    // A model whose process died is missing while the server makes it again (Xinference 3.2).
    const isMadeAgain = this.#hasServerFailed && cause instanceof ModelNotFoundError
    if (!cause.isRetryable && !(cause instanceof StreamTruncatedError) && !isMadeAgain) return false
    if (this.#attempts - this.#waits > maxRetries) return false
    if ((cause.retryAfterMs ?? 0) > longestRetryAfterMs) return false
    this.#hasServerFailed ||= cause instanceof ServerError
    const attempt = this.#attempts + 1
    const delayMs = retryDelayMs(attempt - this.#waits, cause.retryAfterMs, runtime)
    callbacks.emit('retry', { id: this.id, className, attempt, delayMs, cause })
    this.#attemptAfter(delayMs)
    return true
  }

  #recover(cause: AuthenticationError): boolean {
    const { renewal } = this.#context
    if (renewal === undefined || this.#hasRecovered) return false
    this.#hasRecovered = true
    if (this.latest !== Infinity) this.#wait()
    renewal.recover(cause, this.#generation).then(
      (isRenewed) => {
        if (this.#isEnded) return
        if (isRenewed) this.#attempt(this.#spec.request)
        else this.#fail(cause)
      },
      (error: unknown) => this.#fail(toFamily(error)),
    )
    return true
  }

  /** What the failure turns out to be is treated as if the server had said it at once. */
  #explain(error: HeadraceError): boolean {
    const explanation = this.#context.explain?.(error)
    if (explanation === undefined) return false
    explanation.then(
      (explained) => {
        if (this.#isEnded) return
        if (explained === error || !this.#tryAgain(explained)) this.#fail(explained)
      },
      () => this.#fail(error),
    )
    return true
  }

  /** Of the attempt's deadlines only that of the whole goes on. */
  #wait(): void {
    this.#phase = 'total'
    this.at = this.latest
    this.extendMs = Infinity
    this.touched = false
    this.#context.deadlines.add(this)
  }

  #attemptAfter(delayMs: number): void {
    this.#cancelDelay = this.#context.runtime.setTimer(() => {
      this.#cancelDelay = undefined
      this.#attempt(this.#spec.request)
    }, delayMs)
  }

  #succeed(): void {
    const { callbacks, className } = this.#context
    const own = answerWarnings(this.answer)
    const warnings =
      this.#warnings === undefined && own.length === 0
        ? this.#spec.warnings
        : [...this.#spec.warnings, ...(this.#warnings ?? []), ...own]
    let response: Response
    try {
      response = this.#spec.conclude(this.answer, this.timings, warnings)
    } catch (error) {
      this.#fail(toFamily(error))
      return
    }
    this.#close()
    callbacks.emit('llm-end', { id: this.id, className, response })
    this.#consumer.succeed(response)
  }

  #fail(error: HeadraceError): void {
    if (this.#isEnded) return
    this.#close()
    error.partial ??= this.answer.partial()
    const { callbacks, className } = this.#context
    callbacks.emit('llm-error', { id: this.id, className, error })
    this.#consumer.fail(error)
  }

  #close(): void {
    this.#isEnded = true
    this.#context.deadlines.remove(this)
    if (this.#membership !== undefined) this.#context.live.remove(this.#membership)
    this.#cancelDelay?.()
    this.#stopListening?.()
  }

  #part(part: Exclude<ChatStreamPart, { type: 'finish' }>): void {
    const { callbacks, className } = this.#context
    if (callbacks.hears('llm-stream')) callbacks.emit('llm-stream', { id: this.id, className, part })
    this.#consumer.part?.(part)
  }

  #arrive(): void {
    if (this.#firstTokenMs === undefined && this.#spec.request.stream) {
      this.#firstTokenMs = this.#context.runtime.now() - this.#startedAt
      this.#consumer.handle?.began?.(this.#firstTokenMs)
    }
    if (this.#phase === 'idle') this.touched = true
    else this.#enter('idle')
  }

  #enter(phase: TimeoutPhase): void {
    this.#phase = phase
    this.extendMs = this.#spec.timeouts[phaseOption[phase]]
    this.touched = false
    this.at = Math.min(this.latest, this.#context.runtime.now() + this.extendMs)
  }
}

const timeoutSentence = {
  connect: 'No connection',
  'first-token': 'No answer began',
  idle: 'The answer went silent and nothing more came',
  total: 'The answer was not complete',
} as const

export function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError("The call was aborted by the caller's signal.", { cause: signal.reason })
}

function toFamily(error: unknown): HeadraceError {
  if (isHeadraceError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new InvalidRequestError(`The call could not be made: ${reason}`, { cause: error })
}
