import type { ChatMessage } from './message.js'
import type { GenerationOptions } from './options.js'
import type { ChatResponse, CompletionResponse } from './response.js'
import type { ChatStreamPart } from './stream-part.js'
import type { HeadraceError } from '../errors/headrace-error.js'

interface CallEvent {
  /** The same for all events of one call, and of no other call. */
  readonly id: string
  /** `Xinference_llm`, ... */
  readonly className: string
}

/** A call begins. Exactly one `llm-end` or `llm-error` with this id follows, whatever happens. */
export interface LLMStartEvent extends CallEvent {
  readonly kind: 'chat' | 'completion'
  /** Of a chat. */
  readonly messages: readonly ChatMessage[] | undefined
  /** Of a completion. */
  readonly prompt: string | undefined
  readonly options: GenerationOptions
  /** The model as `toJSON()` gives it: without secrets. */
  readonly config: Readonly<Record<string, unknown>>
}

/** A part of a streamed answer is handed to the caller. */
export interface LLMStreamEvent extends CallEvent {
  readonly part: Exclude<ChatStreamPart, { type: 'finish' }>
}

export interface LLMEndEvent extends CallEvent {
  readonly response: ChatResponse | CompletionResponse
}

/** A call failed, was aborted, timed out, or its stream was left early (`ABORTED`). */
export interface LLMErrorEvent extends CallEvent {
  readonly error: HeadraceError
}

/** A request failed, or its answer was not valid (`INVALID_OUTPUT`), and is about to be sent again. */
export interface RetryEvent extends CallEvent {
  /** The number of the attempt to come, from 2. */
  readonly attempt: number
  readonly delayMs: number
  readonly cause: HeadraceError
}

/** The server is there but not ready (a model is loading); the call waits for it on a budget of its own. */
export interface WaitingEvent extends CallEvent {
  readonly waitedMs: number
  readonly delayMs: number
  readonly cause: HeadraceError
}

export interface CallbackEvents {
  'llm-start': LLMStartEvent
  'llm-stream': LLMStreamEvent
  'llm-end': LLMEndEvent
  'llm-error': LLMErrorEvent
  retry: RetryEvent
  waiting: WaitingEvent
}
