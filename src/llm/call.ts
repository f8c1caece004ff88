import type { AnswerSink, CanonicalRequest, Exchange } from '../contract/engine.js'
import type {
  ChatResponse,
  CompletionResponse,
  ContentLogprob,
  FinishReason,
  Timings,
  Usage,
  Warning,
} from '../contract/response.js'
import type { ChatStreamPart } from '../contract/stream-part.js'
import { AbortedError } from '../errors/aborted-error.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import { ContextOverflowError } from '../errors/context-overflow-error.js'
import type { HeadraceError, PartialAnswer } from '../errors/headrace-error.js'
import { InvalidOutputError } from '../errors/invalid-output-error.js'
import { TimeoutError, type TimeoutPhase } from '../errors/timeout-error.js'
import type { Member } from '../transport/bag.js'
import type { Deadline } from '../transport/deadline-timer.js'
import { type AbortListener, SignalListeners } from '../transport/signal-listeners.js'
import { Answer } from './answer.js'
import { answerWarnings } from './answer-warnings.js'
import { withInputTokens } from './build-response.js'
import type { CallConsumer, CallContext, CallSpec, LiveCall } from './call-spec.js'
import { EarlierAnswers } from './earlier-answers.js'
import { RetryPolicy } from './retry-policy.js'
import { toFamily } from './to-family.js'

const phaseOption = { connect: 'connectMs', 'first-token': 'firstTokenMs', idle: 'idleMs', total: 'totalMs' } as const

let lastNumber = 0

/**
 * The life of one call: attempts, deadlines, retries, waiting, abort, assembly, better answers for those that were not
 * valid, and its events. Ends exactly once.
 */
export class Call<Response extends ChatResponse | CompletionResponse> implements AnswerSink, Deadline, AbortListener {
  answer: Answer = new Answer()

  at: number = Infinity
  touched = false
  extendMs: number = Infinity
  latest: number = Infinity
  member: Member<Deadline> | undefined

  readonly #number = ++lastNumber
  readonly #context: CallContext
  #spec: CallSpec<Response>
  readonly #consumer: CallConsumer<Response>
  #warnings: Warning[] | undefined
  #startedAt = 0
  #attempts = 0
  #firstTokenMs: number | undefined
  #retries: RetryPolicy | undefined
  /** Answers that were not valid, and why the last of them was not. */
  #earlier: EarlierAnswers | undefined
  #invalid: InvalidOutputError | undefined
  #hasRecovered = false
  /** The last answer was complete, and not acceptable. */
  #hasRefused = false
  /** Of the credential that the attempt was sent with. */
  #generation = 0
  #phase: TimeoutPhase = 'connect'
  #exchange: Exchange | undefined
  #membership: Member<LiveCall> | undefined
  #cancelDelay: (() => void) | undefined
  #listeners: SignalListeners | undefined
  #listening: Member<AbortListener> | undefined
  #isEnded = false

  constructor(context: CallContext, spec: CallSpec<Response>, consumer: CallConsumer<Response>) {
    this.#context = context
    this.#spec = spec
    this.#consumer = consumer
  }

  get id(): string {
    return `call-${this.#number}`
  }

  /** Until now. */
  get timings(): Timings {
    const totalMs = this.#context.runtime.now() - this.#startedAt
    return { firstTokenMs: this.#firstTokenMs, totalMs, attempts: this.#attempts }
  }

  /** What the server sent of an answer that was not acceptable. */
  get refusedRaw(): unknown {
    return this.#hasRefused ? this.answer.raw : undefined
  }

  start(): void {
    const { callbacks, className, config, live, runtime } = this.#context
    const { request, asked, options, signal } = this.#spec
    this.#startedAt = runtime.now()
    this.#membership = live.add(this)
    if (callbacks.hears('llm-start')) {
      const kind = asked.messages === undefined ? 'completion' : 'chat'
      callbacks.emit('llm-start', { id: this.id, className, kind, ...asked, options, config: config() })
    }
    if (signal?.aborted) {
      this.#fail(abortedBy(signal))
      return
    }
    if (signal !== undefined) {
      this.#listeners = SignalListeners.of(signal)
      this.#listening = this.#listeners.add(this)
    }
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

  onAbort(signal: AbortSignal): void {
    this.abort(abortedBy(signal))
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
    const now = this.#context.runtime.now()
    this.latest = now + this.#spec.timeouts.totalMs
    this.#enter('connect', now)
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
    else if (!this.#tryAgain(error) && !this.#stepDown(error) && !this.#explain(error)) this.#fail(error)
  }

  /** Never after a piece of the answer: it would be generated and paid for twice. */
  #tryAgain(cause: HeadraceError): boolean {
    if (this.answer.hasBegun) return false
    if (cause instanceof AuthenticationError) return this.#recover(cause)
    const { callbacks, className, maxRetries, waitTimeoutMs, runtime } = this.#context
    this.#retries ??= new RetryPolicy(maxRetries, waitTimeoutMs, runtime)
    const retry = this.#retries.next(cause)
    if (retry === undefined) return false
    const { delayMs } = retry
    const event = { id: this.id, className, delayMs, cause }
    if (retry.kind === 'wait') callbacks.emit('waiting', { ...event, waitedMs: retry.waitedMs })
    else callbacks.emit('retry', { ...event, attempt: this.#attempts + 1 })
    this.#attemptAfter(delayMs)
    return true
  }

  /** A constraint that the server refused is left out, where that is allowed. */
  #stepDown(error: HeadraceError): boolean {
    const lower = this.answer.hasBegun ? undefined : this.#spec.output?.stepDown(error)
    if (lower === undefined) return false
    this.warn({ code: 'constraint-refused', message: `structuredOutput: ${error.message}` })
    this.#goOn(lower, error)
    return true
  }

  /** Asks for a better answer, as often as the call allows. */
  #askAgain(error: InvalidOutputError): boolean {
    const { output } = this.#spec
    const { text } = this.answer
    const earlier = (this.#earlier ??= new EarlierAnswers())
    const count = earlier.attempts.length + 1
    const better = output === undefined || count >= output.maxAttempts ? undefined : output.askAgain(text, error.issues)
    error.attempts = [...earlier.attempts, { text, issues: error.issues }]
    if (better === undefined) return false
    this.#invalid = error
    error.partial = this.#partial()
    earlier.add(text, error.issues, withInputTokens(this.answer.usage, this.#spec.inputTokens))
    this.answer = new Answer()
    if (this.#consumer.part !== undefined) {
      this.#part({ type: 'restart', delta: '', text: '', attempt: count + 1, issues: error.issues })
    }
    this.#goOn(better, error)
    return true
  }

  /** Goes on with another request in the place of the one that failed. */
  #goOn(next: Promise<CallSpec<Response>>, cause: HeadraceError): void {
    const { callbacks, className } = this.#context
    next.then(
      (spec) => {
        if (this.#isEnded) return
        this.#spec = spec
        this.#retries = undefined
        callbacks.emit('retry', { id: this.id, className, attempt: this.#attempts + 1, delayMs: 0, cause })
        this.#attempt(spec.request)
      },
      (error: unknown) => this.#fail(toFamily(error)),
    )
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
      response = this.#spec.conclude(this.answer, { timings: this.timings, warnings, earlier: this.#earlier })
    } catch (error) {
      if (error instanceof InvalidOutputError && this.#askAgain(error)) return
      this.#hasRefused = true
      this.#fail(toFamily(error))
      return
    }
    this.#close()
    if (callbacks.hears('llm-end')) callbacks.emit('llm-end', { id: this.id, className, response })
    this.#consumer.succeed(response)
    this.answer.clear()
  }

  #fail(cause: HeadraceError): void {
    if (this.#isEnded) return
    this.#close()
    // The question grew by the answers before: what failed is that they were not valid.
    const error = cause instanceof ContextOverflowError ? (this.#invalid ?? cause) : cause
    error.partial ??= this.#partial()
    const { callbacks, className } = this.#context
    callbacks.emit('llm-error', { id: this.id, className, error })
    this.#consumer.fail(error)
    this.answer.clear()
  }

  /** What has arrived, and what all answers cost. */
  #partial(): PartialAnswer {
    const partial = this.answer.partial()
    if (this.#earlier === undefined || this.#earlier.attempts.length === 0) return partial
    const inputTokens = this.answer.hasBegun ? this.#spec.inputTokens : undefined
    return { ...partial, usage: this.#earlier.total(withInputTokens(this.answer.usage, inputTokens)) }
  }

  #close(): void {
    this.#isEnded = true
    this.#context.deadlines.remove(this)
    if (this.#membership !== undefined) this.#context.live.remove(this.#membership)
    this.#cancelDelay?.()
    if (this.#listening !== undefined) this.#listeners?.remove(this.#listening)
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

  #enter(phase: TimeoutPhase, now = this.#context.runtime.now()): void {
    this.#phase = phase
    this.extendMs = this.#spec.timeouts[phaseOption[phase]]
    this.touched = false
    this.at = Math.min(this.latest, now + this.extendMs)
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
