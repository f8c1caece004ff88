/** The limits of a server, as `/info` says them. */
export interface TgiLimits {
  /** @defaultValue 4 */
  readonly maxStopSequences?: number | undefined
  readonly maxInputTokens?: number | undefined
  /** Of prompt and answer together. */
  readonly maxTotalTokens?: number | undefined
  readonly maxConcurrentRequests?: number | undefined
}

/** What the dialect needs to know of a server; all of it may be unknown. */
export interface TgiModel {
  /** The LoRA adapter to use; TGI has one base model and ignores its name. */
  readonly adapter?: string | undefined
  readonly limits?: TgiLimits | undefined
  /** `3.3.6` */
  readonly version?: string | undefined
  /** `false`: started with `--disable-grammar-support`, or with a back end that has no grammars. @defaultValue true */
  readonly supportsGrammar?: boolean | undefined
  /** Whether the model takes images. @defaultValue true: unknown */
  readonly vision?: boolean | undefined
}
