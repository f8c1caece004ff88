import { type Json, Refusal } from './engine-server.js'

/** The parameters of a request, after the checks of TGI 3.3 (router/src/validation.rs). */
export interface TgiParameters {
  readonly samples: boolean
  readonly maxNewTokens: number | undefined
  readonly stop: readonly string[]
  readonly returnFullText: boolean
  readonly details: boolean
  readonly seed: number | undefined
  readonly topTokens: number
  readonly grammar: unknown
}

const mostTopTokens = 5
const neverNull = ['do_sample', 'stop', 'watermark', 'details', 'decoder_input_details']

/** @throws Refusal 422, in plain text where the body is not even of the type. */
export function readTgiParameters(given: Json | undefined, info: Json, takesGrammar: boolean): TgiParameters {
  // Without any parameters it samples.
  const parameters = given ?? { do_sample: true }
  for (const field of neverNull) if (parameters[field] === null) throw malformed(field, 'null')
  const number = (field: string): number | undefined => {
    const value = parameters[field] ?? undefined
    if (value !== undefined && typeof value !== 'number') throw malformed(field, typeof value)
    return value
  }
  const flag = (field: string): boolean => {
    const value = parameters[field] ?? false
    if (typeof value !== 'boolean') throw malformed(field, typeof value)
    return value
  }
  const stop = parameters['stop'] ?? []
  if (!Array.isArray(stop)) throw malformed('stop', 'string')
  const [temperature, topK, topP, typicalP] = ['temperature', 'top_k', 'top_p', 'typical_p'].map(number)
  if (temperature !== undefined && temperature <= 0) throw invalid('`temperature` must be strictly positive')
  if ((number('repetition_penalty') ?? 1) <= 0) throw invalid('`repetition_penalty` must be strictly positive')
  if (Math.abs(number('frequency_penalty') ?? 0) > 2) throw invalid('`frequency_penalty` must be >= -2.0 and <= 2.0')
  if (topK !== undefined && topK <= 0) throw invalid('`top_k` must be strictly positive')
  for (const [field, share] of [
    ['top_p', topP],
    ['typical_p', typicalP],
  ] as const) {
    if (share !== undefined && (share <= 0 || share >= 1)) throw invalid(`\`${field}\` must be > 0.0 and < 1.0`)
  }
  const maxNewTokens = number('max_new_tokens')
  if (maxNewTokens === 0) throw invalid('`max_new_tokens` must be strictly positive')
  const mostStops = Number(info['max_stop_sequences'])
  if (stop.length > mostStops) {
    throw invalid(`\`stop\` supports up to ${mostStops} stop sequences. Given: ${stop.length}`)
  }
  const bestOf = number('best_of') ?? 1
  if (bestOf > 1 && number('seed') !== undefined) throw invalid('`seed` must not be set when `best_of` > 1')
  const topTokens = number('top_n_tokens') ?? 0
  if (topTokens > mostTopTokens) {
    throw invalid(`\`top_n_tokens\` must be >= 0 and <= ${mostTopTokens}. Given: ${topTokens}`)
  }
  const grammar = parameters['grammar'] ?? undefined
  if (grammar !== undefined) checkGrammar(grammar as Json, takesGrammar)
  flag('watermark')
  return {
    samples: flag('do_sample') || [temperature, topK, topP, typicalP].some((value) => value !== undefined),
    maxNewTokens,
    stop: stop as readonly string[],
    returnFullText: flag('return_full_text'),
    details: flag('details'),
    seed: number('seed'),
    topTokens,
    grammar,
  }
}

function checkGrammar({ type, value }: Json, takesGrammar: boolean): void {
  if (value === undefined) throw malformed('grammar', 'map without a value')
  if (!['json', 'json_object', 'regex', 'json_schema'].includes(String(type))) {
    throw malformed('grammar', `unknown variant ${String(type)}`)
  }
  if (!takesGrammar) throw invalid('grammar is not supported')
  if (type === 'regex') {
    if (typeof value !== 'string') throw malformed('grammar', 'map')
    return
  }
  const schema = (type === 'json_schema' ? (value as Json)['schema'] : value) as Json
  if (schema['properties'] === undefined) {
    throw invalid("grammar is not valid: Grammar must have a 'properties' field")
  }
}

function malformed(field: string, what: string): Refusal {
  return new Refusal(
    422,
    `Failed to deserialize the JSON body into the target type: parameters.${field}: invalid type: ${what}`,
  )
}

function invalid(reason: string): Refusal {
  return new Refusal(422, { error: `Input validation error: ${reason}`, error_type: 'validation' })
}
