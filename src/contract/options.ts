import type { StructuredOutput } from './structured-output.js'
import type { Tool, ToolChoice } from './message.js'

/**
 * What shapes the text, typed once for every server. An absent option is never sent, so the server's own default holds.
 *
 * An option that a server or its engine cannot honour is refused with `UNSUPPORTED_OPTION` before anything is sent
 * (a warning instead with `unsupportedOptions: 'warn'`).
 */
export interface GenerationOptions<T = unknown> {
  /** The most tokens to generate; at least 1. */
  readonly maxTokens?: number | undefined
  /** 0 is greedy; at most 2. */
  readonly temperature?: number | undefined
  /** Nucleus sampling: keep the likeliest tokens whose probabilities add up to this; 0 to 1. */
  readonly topP?: number | undefined
  /** Keep the `topK` likeliest tokens; 0 switches it off. */
  readonly topK?: number | undefined
  /** Drop tokens less likely than this share of the likeliest one; 0 to 1. */
  readonly minP?: number | undefined
  /** Locally typical sampling; 0 to 1. */
  readonly typicalP?: number | undefined
  /** Divides the logits of tokens already seen; 1 is neutral, at least 0. */
  readonly repetitionPenalty?: number | undefined
  /** Lowers a token's logit by this for every time it was generated; -2 to 2. */
  readonly frequencyPenalty?: number | undefined
  /** Lowers a token's logit by this once it was generated; -2 to 2. */
  readonly presencePenalty?: number | undefined
  /** Same seed, same request, same engine: same text. A whole number from 0 to 2^31 - 1. */
  readonly seed?: number | undefined
  /** Generation ends before any of these strings; they are not part of the text. */
  readonly stop?: string | readonly string[] | undefined
  /** Generation ends at any of these token ids. */
  readonly stopTokenIds?: readonly number[] | undefined
  /**
   * How many answers to generate; the others are `alternatives` of the response. Parallel requests with derived seeds
   * where a server drops the field. Not for streams.
   *
   * @defaultValue 1
   */
  readonly n?: number | undefined
  /** `true`: the log-probability of each generated token; a number: those of that many likeliest tokens as well. */
  readonly logprobs?: boolean | number | undefined
  readonly tools?: readonly Tool[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  readonly parallelToolCalls?: boolean | undefined
  /** Added to the logits of tokens, by token id; -100 to 100. Few servers take it. */
  readonly logitBias?: Readonly<Record<string, number>> | undefined
  /** Put the prompt before the text. TGI's native route alone. */
  readonly returnFullText?: boolean | undefined
  /** Watermark the text. TGI's native route alone. */
  readonly watermark?: boolean | undefined
  /** A text that goes before the tools in the prompt. TGI's chat route alone. */
  readonly toolPrompt?: string | undefined
  /** Switches the thinking of a hybrid reasoning model on or off. */
  readonly reasoning?: boolean | undefined
  /** Extra variables for the server's chat template. */
  readonly chatTemplateKwargs?: Readonly<Record<string, unknown>> | undefined
  /** Constrains the text, and validates it. */
  readonly structuredOutput?: StructuredOutput<T> | undefined
  /** Fields merged into the request body as they are, over the compiled ones. The escape hatch. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined
}

/** How long to wait for what; milliseconds. `Infinity` waits for ever. The defaults are those of models behind a server. */
export interface Timeouts {
  /** Until the connection stands. @defaultValue 10000 */
  readonly connectMs?: number | undefined
  /** From sending until the first event of a stream, or the first byte of a plain answer. @defaultValue 600000 */
  readonly firstTokenMs?: number | undefined
  /** Between two arrivals of bytes, once the answer has begun. @defaultValue 120000 */
  readonly idleMs?: number | undefined
  /** For one attempt as a whole, and for what a call waits before its first: a load, a login. @defaultValue Infinity */
  readonly totalMs?: number | undefined
}

/** All deadlines of a call, defaults filled in. */
export type ResolvedTimeouts = { readonly [K in keyof Timeouts]-?: number }

/**
 * How an answer is asked for. `stream` asks for a stream and assembles it: no limit on its length, an idle timeout, a
 * disconnect that the server sees, the partial answer on failure. `json` asks for one JSON body: far less CPU.
 * `auto` lets the back end choose.
 */
export type WireMode = 'auto' | 'json' | 'stream'

/** The options of one call: generation options, over the model's own, and what governs the call itself. */
export interface CallOptions<T = unknown> extends GenerationOptions<T> {
  /** Aborts the call; one signal may be shared by any number of calls. The call then fails with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  readonly timeouts?: Timeouts | undefined
  readonly wireMode?: WireMode | undefined
}

/** The options of `complete` and `streamComplete`. */
export interface CompleteOptions<T = unknown> extends CallOptions<T> {
  /**
   * Send the prompt as literal text to be continued, without a chat template.
   *
   * @defaultValue false where the model can chat: the prompt is then asked as one user message.
   */
  readonly raw?: boolean | undefined
}
