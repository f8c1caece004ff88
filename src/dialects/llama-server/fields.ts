import type { CanonicalRequest } from '../../contract/engine.js'
import type { Constraint } from '../../contract/structured-output.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import type { FieldNames } from '../openai/compile-request.js'

/** Options that both routes take, under the same names and as they are. */
export const samplingFields: FieldNames = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  typicalP: 'typical_p',
  repetitionPenalty: 'repeat_penalty',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  stop: 'stop',
}

/** As pairs: an object is not read by all versions. */
export function logitBiasOf({
  logitBias,
}: CanonicalRequest['options']): readonly (readonly [number, number])[] | undefined {
  return logitBias && Object.entries(logitBias).map(([token, bias]) => [Number(token), bias] as const)
}

/**
 * A constraint that is written as a grammar (GBNF).
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function grammarOf(constraint: Exclude<Constraint, { readonly format: 'json' }>): string {
  switch (constraint.format) {
    case 'grammar':
      return constraint.grammar
    case 'choice':
      return `root ::= ${constraint.choices.map(literal).join(' | ')}`
    case 'regex':
      throw new UnsupportedOptionError(
        'structuredOutput cannot be honoured: llama-server takes no regular expressions; give a grammar (GBNF) or a JSON Schema.',
        { option: 'structuredOutput' },
      )
  }
}

/** GBNF has the escapes of JSON for what it must escape. */
function literal(text: string): string {
  return JSON.stringify(text)
    .replaceAll(String.raw`\b`, String.raw`\x08`)
    .replaceAll(String.raw`\f`, String.raw`\x0C`)
}
