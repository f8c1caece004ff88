import type { ChatMessage } from '../contract/message.js'
import type { LLMMetadata } from '../contract/metadata.js'
import type { CallOptions, CompleteOptions } from '../contract/options.js'
import type { ChatResponse, CompletionResponse } from '../contract/response.js'
import type { ChatStream, CompletionStream } from '../contract/stream-part.js'

/** What the server needs of a model. Every `LLM` has it. */
export interface ServedModel {
  /** Read after {@link load}. */
  readonly metadata: LLMMetadata
  load(): Promise<unknown>
  chat(messages: readonly ChatMessage[], options?: CallOptions): Promise<ChatResponse>
  streamChat(messages: readonly ChatMessage[], options?: CallOptions): ChatStream
  complete(prompt: string, options?: CompleteOptions): Promise<CompletionResponse>
  /** Tokens of literal text as the model counts it. Absent: nobody knows. */
  countTokens?(input: string): Promise<number>
  streamComplete(prompt: string, options?: CompleteOptions): CompletionStream
}
