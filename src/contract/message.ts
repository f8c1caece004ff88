/** Who speaks. `developer` is not a role of open models' chat templates; use `system`. */
export type ChatRole = 'system' | 'user' | 'assistant' | 'tool'

/** A piece of text inside a message. */
export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/**
 * An image inside a user message.
 *
 * A string is read as a data URL (`data:`), a web address (`http:`, `https:`; the *server* fetches it) or else as the
 * path of a local file, which is read here and sent as a data URL. Bytes need {@link mediaType}.
 */
export interface ImagePart {
  readonly type: 'image'
  readonly image: string | URL | Uint8Array
  /** For example `image/png`. Taken from the file name or the leading bytes when absent. */
  readonly mediaType?: string | undefined
}

export type ContentPart = TextPart | ImagePart

/** A tool call that the model made, whole. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** The arguments as the model wrote them: JSON text. Where it is no object the response warns: `invalid-tool-arguments`. */
  readonly arguments: string
}

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: ChatRole
  readonly content: string | readonly ContentPart[]
  /** Who speaks, when several share a role. */
  readonly name?: string | undefined
  /** On an `assistant` message: the tools it called. */
  readonly toolCalls?: readonly ToolCall[] | undefined
  /** On a `tool` message: the {@link ToolCall.id} that it answers. */
  readonly toolCallId?: string | undefined
  /** On an `assistant` message: what it thought before it answered. Kept for the reader; not sent back to the server. */
  readonly reasoning?: string | undefined
}

/** A tool that the model may call. */
export interface Tool {
  readonly name: string
  readonly description?: string | undefined
  /** JSON Schema of the arguments object. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
}

/** Which tool the model must call: a free choice, none, any one, or the named one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }
