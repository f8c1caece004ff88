import type { LLMMetadata } from '../contract/metadata.js'
import type { GenerationOptions, ResolvedTimeouts } from '../contract/options.js'
import type { Warning } from '../contract/response.js'
import type { OutputRefusals } from '../output/output-refusals.js'
import type { CallContext } from './call-spec.js'
import type { LLMOptions } from './llm-options.js'
import type { Prompting } from './prompting.js'

/** What a connection and the options of one copy of a model amount to. */
export interface Description {
  readonly metadata: LLMMetadata
  /** Tokens that prompt and answer share; what `maxTokens` is held against. */
  readonly windowTokens: number | undefined
  /** The model's own prompt format, where it is here. */
  readonly prompting?: Prompting | undefined
  /** Generation options of every call. */
  readonly defaults: GenerationOptions
  readonly warnings: readonly Warning[]
}

/** A model that calls can be made of. */
export interface LoadedModel extends Description {
  readonly options: LLMOptions
  readonly timeouts: ResolvedTimeouts
  readonly context: CallContext
  /** What the server has refused to constrain its text to. */
  readonly refusals: OutputRefusals
}
