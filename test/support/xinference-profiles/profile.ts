/**
 * What sets one version of Xinference apart on the wire, as data. Read from the source of the release that each profile
 * names; 4.1 was run besides (`docs/servers.md`). The server that acts on it is `profile-server.ts`.
 */
export const versions = ['0.8', '0.14', '2.6', '2.11', '3.0', '3.2', '4.1'] as const
export type Version = (typeof versions)[number]

export const engines = ['llama.cpp', 'vLLM', 'Transformers', 'SGLang', 'MLX'] as const
export type EngineName = (typeof engines)[number]

/** Fields of a model's description that came after the first versions. */
export type LaterField = 'replica' | 'model_family' | 'multimodal_projector' | 'strict_system_first' | 'model_engine'

/** A field of a request that may constrain the text. */
export type ConstraintField = 'response_format' | 'guided_json' | 'guided_regex' | 'guided_choice' | 'guided_grammar'

/** An answer with an error status; a body that is a string is plain text. */
export interface Refusal {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface XinferenceProfile {
  readonly version: Version
  /** The release whose source was read. */
  readonly release: string

  /** The answer of `GET /v1/models`: the descriptions by uid, or OpenAI's list. */
  readonly list: 'by uid' | 'list'
  readonly describes: readonly LaterField[]
  /** Abilities that its catalogue knows; a model is described with those of its own that are among them. */
  readonly abilities: readonly string[]

  /** Keys that it takes beside tokens of a login. */
  readonly keys: 'none' | 'sk-' | 'xf-'
  /** What it says to a request without a credential. */
  readonly noCredential: string
  /** A login gives a refresh token as well. */
  readonly refreshes: boolean

  /** Fields of a request that it reads besides those of all versions; it drops all others. */
  readonly reads: readonly string[]
  /** The highest `max_tokens` that it takes. */
  readonly maxTokensLimit: number
  /** A request that it cannot read. */
  readonly badBody: (reason: string) => Refusal
  /** An unknown path. */
  readonly noRoute: Refusal

  /** Where system messages may stand; `template`: wherever the model's chat template takes them. */
  readonly systemMessages: 'first' | 'joined' | 'template'
  /** Roles that the last message may have. */
  readonly lastRoles: readonly string[]
  /** Whether it streams an answer that may call tools. */
  readonly streamsTools: 'never' | 'Qwen on vLLM' | 'always'

  readonly unknownModel: (uid: string) => Refusal
  /** A model that is being launched, or whose process died and is being made anew. */
  readonly loadingModel: (uid: string) => Refusal
  /** More requests than the model takes: the whole answer, and the error of a stream. */
  readonly rateLimit: { readonly json: (uid: string) => Refusal; readonly stream: (uid: string) => string }
  /** What its llama.cpp says to a second request at once; absent where it queues. */
  readonly parallelGeneration?: string
  /** The engine's words when the prompt does not fit. */
  readonly overflow: string
  /** What a client hears of a chat that fails in the engine; absent: the engine's words. Literal text: always those. */
  readonly chatFailure?: string

  /** Notes failures with their reason at `GET /v1/models/{uid}/events`. */
  readonly notesEvents: boolean

  /** The delta of a chat stream's first chunk, which tells the role. */
  readonly firstDelta: Readonly<Record<string, unknown>>
  /** A chat stream ends with `[DONE]`; one of literal text never does. */
  readonly sendsDone: boolean
  /** Lines between events that are no data, which it sends to keep a connection open. */
  readonly ping: string
  /** Can put a model's thinking into `reasoning_content`. */
  readonly splitsReasoning: boolean

  /** Which fields each engine obeys. */
  readonly obeys: Readonly<Record<EngineName, readonly ConstraintField[]>>
}
