import type { ChatMessage } from '../contract/message.js'
import type { GenerationOptions, Timeouts, WireMode } from '../contract/options.js'
import type { StructuredOutput } from '../contract/structured-output.js'
import type { Runtime } from '../contract/runtime.js'
import type { FetchFunction } from '../transport/fetch-transport.js'
import type { Transport } from '../transport/transport.js'
import type { CallbackManager } from './callback-manager.js'

/** Turns the text of an answer into what `predict` returns, and may tell the model how to write it. */
export interface OutputParser {
  parse(text: string): string | Promise<string>
  /** Adds instructions to the prompt. */
  format?(prompt: string): string
}

/** The options of every model, wherever it runs. */
export interface LLMOptions {
  /** Observes calls; may be shared between models. @defaultValue a new one */
  readonly callbackManager?: CallbackManager | undefined
  /** Goes before every conversation that does not begin with a system message. Not before raw prompts. */
  readonly systemPrompt?: string | undefined
  /** Writes a conversation as literal text. When given, `chat` continues that text instead of sending messages. */
  readonly messagesToPrompt?: ((messages: readonly ChatMessage[]) => string) | undefined
  /** Writes the prompt of `complete` as literal text, which is then continued. Not applied with `raw: true`. */
  readonly completionToPrompt?: ((prompt: string) => string) | undefined
  /** Reads the answers of `predict`. */
  readonly outputParser?: OutputParser | undefined
  /** What every answer must look like; an input's or a call's own replaces it. */
  readonly structuredOutput?: StructuredOutput | undefined
  /** Generation options of every call, which the call's own override. */
  readonly generationKwargs?: GenerationOptions | undefined
  readonly timeouts?: Timeouts | undefined
  /**
   * How often a request that failed before its answer began is sent again; never when the server asks to wait for more
   * than five minutes.
   *
   * @defaultValue 2
   */
  readonly maxRetries?: number | undefined
  /** How long a call waits for a model that is loading, in milliseconds. Not counted as retries. @defaultValue 300000 */
  readonly waitTimeoutMs?: number | undefined
  /** @defaultValue 'auto' */
  readonly wireMode?: WireMode | undefined
  /**
   * What to do about an option that the back end would drop silently: refuse the call with `UNSUPPORTED_OPTION`, or
   * leave the option out and say so in `warnings`.
   *
   * @defaultValue 'error'
   */
  readonly unsupportedOptions?: 'error' | 'warn' | undefined
}

/** A secret by the name of the environment variable that holds it. */
export interface SecretReference {
  readonly env: string
}

/** The options of models behind an address. */
export interface ConnectionOptions {
  /** Sent to the endpoint's host alone. */
  readonly apiKey?: string | SecretReference | undefined
  /** Sent with every request, for proxies and gateways. Values of six characters and more are treated as secrets. */
  readonly headers?: Readonly<Record<string, string | SecretReference>> | undefined
  /** A PEM file of certificates to trust, instead of the system's. */
  readonly caFile?: string | undefined
  /** Sends the requests instead of the built-in transport. Slower; `timeouts.connectMs` and `caFile` are then its own business. */
  readonly fetch?: FetchFunction | undefined
}

/** What tests inject; nobody else needs it. */
export interface LLMDependencies {
  readonly runtime?: Runtime | undefined
  readonly transport?: Transport | undefined
}
