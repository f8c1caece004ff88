import type { CanonicalRequest, Engine } from '../contract/engine.js'
import type { CallHandle } from '../contract/generate.js'
import type { ChatMessage } from '../contract/message.js'
import type { GenerationOptions, ResolvedTimeouts } from '../contract/options.js'
import type { Timings, Warning } from '../contract/response.js'
import type { Runtime } from '../contract/runtime.js'
import type { ChatStreamPart } from '../contract/stream-part.js'
import type { AuthenticationError } from '../errors/authentication-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import type { OutputIssue } from '../errors/invalid-output-error.js'
import type { Bag } from '../transport/bag.js'
import type { DeadlineTimer } from '../transport/deadline-timer.js'
import type { Answer } from './answer.js'
import type { CallbackManager } from './callback-manager.js'
import type { EarlierAnswers } from './earlier-answers.js'

/** A call under way, for who may have to end it. */
export interface LiveCall {
  abort(error: HeadraceError): void
}

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
  readonly live: Bag<LiveCall>
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
  /** Of a call with a `structuredOutput`. */
  readonly output: OutputCourse<Response> | undefined
  /** Makes the response of a complete answer. @throws HeadraceError when the answer is not acceptable. */
  conclude(answer: Answer, facts: AnswerFacts): Response
}

/** What a response says besides its answer. */
export interface AnswerFacts {
  readonly timings: Timings
  readonly warnings: readonly Warning[]
  readonly earlier: EarlierAnswers | undefined
}

/** How a call with a `structuredOutput` goes on where its answer is not valid, or its constraint refused. */
export interface OutputCourse<Response> {
  /** Answers in all. */
  readonly maxAttempts: number
  /** The value stands in an object of its own. */
  readonly isWrapped: boolean
  /** The call for a better answer; `undefined` where it would give the same one. */
  readonly askAgain: (text: string, issues: readonly OutputIssue[]) => Promise<CallSpec<Response>> | undefined
  /** The call without the constraint that the server refused; `undefined` for another failure, or where it is a must. */
  readonly stepDown: (error: HeadraceError) => Promise<CallSpec<Response>> | undefined
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
