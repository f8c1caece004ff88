import { invalid } from './tgi-failure.js'
import { readGrammar } from './grammar.js'
import type { ChatBody, CompletionBody, WireParameters } from './request-bodies.js'
import type { JsonOutput, RegexOutput } from '../../contract/structured-output.js'

/** What `/info` says that a request may have (TGI 3.3). */
export const limits = { stops: 4, topTokens: 5, bestOf: 1, batch: 4 } as const

/** How to generate, whatever the route: checked, and in TGI's own meaning. */
export interface Parameters {
  readonly maxNewTokens: number | undefined
  /** Greedy otherwise. */
  readonly samples: boolean
  readonly temperature: number | undefined
  readonly topK: number | undefined
  readonly topP: number | undefined
  readonly typicalP: number | undefined
  readonly repetitionPenalty: number | undefined
  readonly frequencyPenalty: number | undefined
  readonly seed: number | undefined
  readonly stop: readonly string[]
  readonly watermark: boolean
  readonly returnFullText: boolean | undefined
  readonly details: boolean
  readonly topTokens: number
  readonly grammar: JsonOutput | RegexOutput | undefined
}

/** What is told of the route that a request came by. */
export interface Asking {
  readonly stream: boolean
  /** Tokens of the input, where the model counts them. */
  readonly inputTokens: number | undefined
}

type Wire = Partial<WireParameters>

/** The parameters of a native route. @throws HttpFailure as TGI's validation refuses them. */
export function readParameters(wire: Wire, { stream, inputTokens }: Asking): Parameters {
  checkBestOf(wire)
  checkSampling(wire)
  const { max_new_tokens: maxNewTokens, stop = [], top_n_tokens: topTokens, truncate, adapter_id: adapter } = wire
  if (stop.length > limits.stops) {
    throw invalid(`\`stop\` supports up to ${limits.stops} stop sequences. Given: ${stop.length}`)
  }
  if (maxNewTokens === 0) throw invalid('`max_new_tokens` must be strictly positive')
  if ((topTokens ?? 0) > limits.topTokens) {
    throw invalid(`\`top_n_tokens\` must be >= 0 and <= ${limits.topTokens}. Given: ${topTokens}`)
  }
  if (wire.decoder_input_details === true) {
    const when = stream ? ' when streaming tokens' : ''
    throw invalid(`\`decoder_input_details\` == true is not supported${when}`)
  }
  if (truncate === 0) throw invalid('`truncate` must be strictly positive')
  if (truncate != null && (inputTokens === undefined || inputTokens > truncate)) {
    throw invalid('`truncate` is not supported: shorten `inputs`')
  }
  if (adapter != null) throw invalid('`adapter_id` is not supported: there are no adapters')
  const { temperature, top_k: topK, top_p: topP, typical_p: typicalP } = wire
  return {
    maxNewTokens: maxNewTokens ?? undefined,
    samples: wire.do_sample === true || (temperature ?? 1) !== 1 || topK != null || topP != null || typicalP != null,
    temperature: temperature ?? undefined,
    topK: topK ?? undefined,
    topP: topP ?? undefined,
    typicalP: typicalP ?? undefined,
    repetitionPenalty: wire.repetition_penalty ?? undefined,
    frequencyPenalty: wire.frequency_penalty ?? undefined,
    seed: wire.seed ?? undefined,
    stop: stop.filter((text) => text !== ''),
    watermark: wire.watermark ?? false,
    returnFullText: wire.return_full_text ?? undefined,
    details: wire.details ?? false,
    topTokens: topTokens ?? 0,
    grammar: wire.grammar == null ? undefined : readGrammar(wire.grammar),
  }
}

function checkBestOf({ best_of: bestOf }: Wire): void {
  if (bestOf === 0) throw invalid('`best_of` must be strictly positive')
  if (bestOf != null && bestOf > limits.bestOf) throw invalid('`best_of` != 1 is not allowed for this endpoint')
}

function checkSampling(wire: Wire): void {
  const { temperature, top_k: topK, top_p: topP, typical_p: typicalP } = wire
  if (temperature != null && temperature <= 0) throw invalid('`temperature` must be strictly positive')
  if (wire.repetition_penalty != null && wire.repetition_penalty <= 0) {
    throw invalid('`repetition_penalty` must be strictly positive')
  }
  if (wire.frequency_penalty != null && Math.abs(wire.frequency_penalty) > 2) {
    throw invalid('`frequency_penalty` must be >= -2.0 and <= 2.0')
  }
  if (topP != null && (topP <= 0 || topP >= 1)) throw invalid('`top_p` must be > 0.0 and < 1.0')
  if (typicalP != null && (typicalP <= 0 || typicalP >= 1)) throw invalid('`typical_p` must be > 0.0 and < 1.0')
  if (topK != null && topK <= 0) throw invalid('`top_k` must be strictly positive')
}

/** A chat samples unless its temperature is 0, and its penalty for presence becomes one for repetition. */
export function readChatParameters(body: ChatBody, asking: Asking): Parameters {
  const { presence_penalty: presence } = body
  return readOpenAIParameters(
    body,
    {
      max_new_tokens: body.max_tokens ?? body.max_completion_tokens,
      repetition_penalty: presence == null ? undefined : presence + 2,
      top_n_tokens: body.top_logprobs,
      grammar: body.response_format,
    },
    asking,
  )
}

export function readCompletionParameters(body: CompletionBody, asking: Asking): Parameters {
  if (body.suffix != null) throw invalid('Suffix is not supported and can be achieved by preprocessing the prompt.')
  const wire = { max_new_tokens: body.max_tokens, repetition_penalty: body.repetition_penalty }
  return readOpenAIParameters(body, wire, asking)
}

function readOpenAIParameters(body: ChatBody | CompletionBody, more: Wire, asking: Asking): Parameters {
  const { temperature, stop, top_p, frequency_penalty, seed } = body
  const isGreedy = temperature === 0
  return readParameters(
    {
      do_sample: !isGreedy,
      temperature: isGreedy ? undefined : temperature,
      stop: stop ?? [],
      top_p,
      frequency_penalty,
      seed,
      ...more,
    },
    asking,
  )
}
