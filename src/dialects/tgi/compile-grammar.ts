import type { Constraint } from '../../contract/structured-output.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { choicePattern } from '../choice-pattern.js'
import { isAtLeast } from '../version-number.js'

/**
 * A constraint in the envelope that TGI wants on both routes; OpenAI's form of it is refused
 * (huggingface/text-generation-inference#3276).
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` when it cannot be expressed.
 */
export function compileGrammar(constraint: Constraint, version: string | undefined): object {
  switch (constraint.format) {
    case 'json':
      // Refused since 2.3; servers before that failed on it in other ways.
      if (
        constraint.schema['properties'] === undefined &&
        (version === undefined || isAtLeast(version, 2, 3) !== false)
      ) {
        throw unsupported('TGI constrains to schemas with "properties" at the top only: wrap the schema in an object')
      }
      return { type: 'json', value: constraint.schema }
    case 'regex':
      return { type: 'regex', value: constraint.pattern }
    case 'choice':
      return { type: 'regex', value: choicePattern(constraint.choices) }
    case 'grammar':
      throw unsupported('TGI takes no grammars of its own notation')
  }
}

export function unsupported(reason: string): UnsupportedOptionError {
  return new UnsupportedOptionError(`structuredOutput cannot be honoured: ${reason}.`, { option: 'structuredOutput' })
}
