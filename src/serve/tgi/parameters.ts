import { HttpFailure } from '../http-failure.js'
import { isRecord } from '../is-record.js'

/** `parameters` of TGI's native routes, checked. */
export interface TgiParameters {
  readonly maxNewTokens: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly topK: number | undefined
  readonly typicalP: number | undefined
  readonly repetitionPenalty: number | undefined
  readonly frequencyPenalty: number | undefined
  readonly doSample: boolean
  readonly stop: readonly string[]
  readonly seed: number | undefined
  readonly returnFullText: boolean | undefined
  readonly details: boolean
  readonly truncate: number | undefined
  readonly topNTokens: number
  readonly grammar: { readonly type: string; readonly value: unknown } | undefined
}

export const mostStops = 4
const mostTopTokens = 5
const mostBestOf = 2

/** What TGI's validation says, as 422 (TGI 3.3.6). */
export function invalid(message: string): HttpFailure {
  return new HttpFailure(422, JSON.stringify({ error: `Input validation error: ${message}`, error_type: 'validation' }))
}

/** What its JSON reader says: 422 in plain text. */
export function notReadable(message: string): HttpFailure {
  return new HttpFailure(422, `Failed to deserialize the JSON body into the target type: ${message}`)
}

/** @throws HttpFailure as TGI refuses them. */
export function readParameters(given: unknown): TgiParameters {
  if (given !== undefined && given !== null && !isRecord(given)) throw notReadable('parameters: invalid type')
  const fields = isRecord(given) ? given : {}
  const parameters: TgiParameters = {
    maxNewTokens: optional(fields, 'max_new_tokens', 'number'),
    temperature: optional(fields, 'temperature', 'number'),
    topP: optional(fields, 'top_p', 'number'),
    topK: optional(fields, 'top_k', 'number'),
    typicalP: optional(fields, 'typical_p', 'number'),
    repetitionPenalty: optional(fields, 'repetition_penalty', 'number'),
    frequencyPenalty: optional(fields, 'frequency_penalty', 'number'),
    // Without any parameters TGI samples.
    doSample: required(fields, 'do_sample', 'boolean') ?? given === undefined,
    stop: readStops(fields),
    seed: optional(fields, 'seed', 'number'),
    returnFullText: optional(fields, 'return_full_text', 'boolean'),
    details: required(fields, 'details', 'boolean') ?? false,
    truncate: optional(fields, 'truncate', 'number'),
    topNTokens: optional(fields, 'top_n_tokens', 'number') ?? 0,
    grammar: readGrammar(fields['grammar']),
  }
  required(fields, 'watermark', 'boolean')
  required(fields, 'decoder_input_details', 'boolean')
  checkRanges(parameters, optional(fields, 'best_of', 'number'))
  return parameters
}

function checkRanges(parameters: TgiParameters, bestOf: number | undefined): void {
  const { temperature, topP, topK, typicalP, repetitionPenalty, frequencyPenalty, maxNewTokens, stop } = parameters
  if (bestOf !== undefined && bestOf < 1) throw invalid('`best_of` must be strictly positive')
  if (bestOf !== undefined && bestOf > mostBestOf) throw invalid(`\`best_of\` must be <= ${mostBestOf}. Given: ${bestOf}`)
  if (temperature !== undefined && temperature <= 0) throw invalid('`temperature` must be strictly positive')
  if (repetitionPenalty !== undefined && repetitionPenalty <= 0) {
    throw invalid('`repetition_penalty` must be strictly positive')
  }
  if (frequencyPenalty !== undefined && (frequencyPenalty < -2 || frequencyPenalty > 2)) {
    throw invalid('`frequency_penalty` must be >= -2.0 and <= 2.0')
  }
  if (topP !== undefined && (topP <= 0 || topP >= 1)) throw invalid('`top_p` must be > 0.0 and < 1.0')
  if (typicalP !== undefined && (typicalP <= 0 || typicalP >= 1)) throw invalid('`typical_p` must be > 0.0 and < 1.0')
  if (topK !== undefined && topK <= 0) throw invalid('`top_k` must be strictly positive')
  if (maxNewTokens !== undefined && maxNewTokens <= 0) throw invalid('`max_new_tokens` must be strictly positive')
  if (parameters.topNTokens > mostTopTokens) {
    throw invalid(`\`top_n_tokens\` must be >= 0 and <= ${mostTopTokens}. Given: ${parameters.topNTokens}`)
  }
  if (stop.length > mostStops) {
    throw invalid(`\`stop\` supports up to ${mostStops} stop sequences. Given: ${stop.length}`)
  }
}

interface Types {
  readonly number: number
  readonly boolean: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** A field that may be null. */
function optional<T extends keyof Types>(fields: Fields, name: string, type: T): Types[T] | undefined {
  return fields[name] === null ? undefined : required(fields, name, type)
}

/** A field that may be absent, but not null. */
function required<T extends keyof Types>(fields: Fields, name: string, type: T): Types[T] | undefined {
  const value = fields[name]
  if (value === undefined) return undefined
  if (typeof value !== type) {
    const what = value === null ? 'null' : typeof value
    throw notReadable(`parameters.${name}: invalid type: ${what}, expected ${type === 'number' ? 'a number' : 'a boolean'}`)
  }
  return value as Types[T]
}

function readStops({ stop }: Fields): readonly string[] {
  if (stop === undefined) return []
  if (Array.isArray(stop) && stop.every((text) => typeof text === 'string')) return stop
  throw notReadable(`parameters.stop: invalid type: ${stop === null ? 'null' : typeof stop}, expected a sequence`)
}

function readGrammar(grammar: unknown): TgiParameters['grammar'] {
  if (grammar === undefined || grammar === null) return undefined
  if (!isRecord(grammar) || typeof grammar['type'] !== 'string') throw notReadable('parameters.grammar: missing field `type`')
  if (grammar['value'] === undefined) throw notReadable('parameters.grammar: missing field `value`')
  return { type: grammar['type'], value: grammar['value'] }
}
