import type { PreparedInput } from '../contract/generate.js'
import type { ChatMessage } from '../contract/message.js'
import type { LLMMetadata } from '../contract/metadata.js'
import type { CallOptions, CompleteOptions } from '../contract/options.js'
import type { ChatResponse, CompletionResponse } from '../contract/response.js'
import type { ChatStream, CompletionStream } from '../contract/stream-part.js'

/** A token of a text. */
export interface ServedToken {
  readonly id: number
  /** As it stands in the text. A character whose bytes are spread over tokens is with the last of them. */
  readonly text: string
}

/** What the server needs of a model. Every `LLM` has it. */
export interface ServedModel {
  /** Read after {@link load}. */
  readonly metadata: LLMMetadata
  load(): Promise<unknown>
  chat(messages: readonly ChatMessage[], options?: CallOptions): Promise<ChatResponse>
  streamChat(messages: readonly ChatMessage[], options?: CallOptions): ChatStream
  complete(prompt: string, options?: CompleteOptions): Promise<CompletionResponse>
  /** Tokens of literal text, or of a conversation, as the model counts them. Absent: nobody knows. */
  countTokens?(input: string | readonly ChatMessage[]): Promise<number>
  /** A conversation as the model reads it. Absent: nobody knows. */
  prepareInput?(input: readonly ChatMessage[]): Promise<Pick<PreparedInput, 'prompt'>>
  /** The tokens of literal text, special ones included. Absent: the model does not tell them. */
  tokenize?(text: string): Promise<readonly ServedToken[]>
  streamComplete(prompt: string, options?: CompleteOptions): CompletionStream
}
