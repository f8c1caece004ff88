/** What is known of a loaded model. */
export interface LLMMetadata {
  /** Tokens that prompt and answer share. Absent when nobody knows it. */
  readonly contextWindow: number | undefined
  /**
   * Where {@link contextWindow} comes from: `given` by the caller; `registered`, what the server says of the model's
   * family, which may be larger than what runs; `engine`, what really runs; `table`, a list by model name.
   */
  readonly contextWindowSource: 'given' | 'registered' | 'engine' | 'table' | 'unknown'
  /** The default `maxTokens`. Absent: the server decides. */
  readonly numOutput: number | undefined
  readonly modelName: string
  /** What the server says that it serves, whatever the model is called here. Absent where it does not say. */
  readonly servedModel?: string | undefined
  /** `chat` works; otherwise only literal text can be continued. */
  readonly isChatModel: boolean
  /** Tools may be given. */
  readonly isFunctionCallingModel: boolean
  /** Images may be given. */
  readonly isVisionModel: boolean
}
