import type { Warning } from '../contract/response.js'
import type { TgiLimits } from './tgi/tgi-model.js'

/** A server program that text is generated with. `openai`: one that speaks OpenAI's protocol and is not known by name. */
export type EngineName =
  | 'tgi'
  | 'vllm'
  | 'sglang'
  | 'llama-server'
  | 'llama-cpp-python'
  | 'transformers'
  | 'hf-router'
  | 'xinference'
  | 'openai'

/** What one probe got. */
export interface ProbeAnswer {
  readonly status: number
  /** The body, where it is JSON. */
  readonly json?: unknown
  readonly text?: string | undefined
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Gets a path of the server, from its root; `undefined` where nothing answered. */
export type Probe = (path: string) => Promise<ProbeAnswer | undefined>

/** What is known of the engine behind an address; everything but the engine may be unknown. */
export interface EngineFacts {
  readonly engine: EngineName
  readonly version?: string | undefined
  /** The name that requests carry: the first of {@link models}. */
  readonly model?: string | undefined
  /** All names that the server lists. */
  readonly models?: readonly string[] | undefined
  /** Tokens that prompt and answer share. */
  readonly contextWindow?: number | undefined
  /** Of TGI. */
  readonly limits?: TgiLimits | undefined
  /** Of TGI: whether it takes grammars. No probe tells it. */
  readonly supportsGrammar?: boolean | undefined
  /** Requests that a llama-server answers at once. */
  readonly slots?: number | undefined
  /** Whether the model takes images. */
  readonly vision?: boolean | undefined
  /** Whether an SGLang server keeps the promise of a seed (`--enable-deterministic-inference`). */
  readonly isDeterministic?: boolean | undefined
  /** Whether an SGLang server streams pieces of literal text (`--stream-output`). */
  readonly streamsPieces?: boolean | undefined
}

export interface DetectedEngine extends EngineFacts {
  /** What it was told by, for people to read. */
  readonly evidence: readonly string[]
  readonly warnings: readonly Warning[]
}
