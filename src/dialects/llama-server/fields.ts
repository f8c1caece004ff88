import type { CanonicalRequest } from '../../contract/engine.js'
import type { Constraint } from '../../contract/structured-output.js'
import type { BoundedGrammar } from '../../output/grammar/bound-grammar.js'
import { choiceToGbnf } from '../../output/grammar/choice-to-gbnf.js'
import { regexToGbnf } from '../../output/grammar/regex-to-gbnf.js'
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

/** What is not a schema: it is written as a grammar. */
export type GrammarConstraint = Exclude<Constraint, { readonly format: 'json' | 'json-object' }>

/**
 * A constraint as a grammar (GBNF), in which a regular expression without an end gets one within `maxTokens`.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` for a regular expression that no grammar can express.
 */
export function grammarOf(constraint: GrammarConstraint, maxTokens: number | undefined): BoundedGrammar {
  switch (constraint.format) {
    case 'grammar':
      return { grammar: constraint.grammar, warnings: [] }
    case 'choice':
      return { grammar: choiceToGbnf(constraint.choices), warnings: [] }
    case 'regex':
      return regexToGbnf(constraint.pattern, { maxTokens })
  }
}
