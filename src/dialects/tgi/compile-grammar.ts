import type { Constraint } from '../../contract/structured-output.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { choicePattern } from '../choice-pattern.js'

/**
 * A constraint in the envelope that TGI wants on both routes; OpenAI's form of it is refused
 * (huggingface/text-generation-inference#3276). A schema has `properties` at the top, see the capabilities.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` when it cannot be expressed.
 */
export function compileGrammar(constraint: Constraint): object {
  switch (constraint.format) {
    case 'json':
      return { type: 'json', value: constraint.schema }
    case 'regex':
      return { type: 'regex', value: constraint.pattern }
    case 'choice':
      return { type: 'regex', value: choicePattern(constraint.choices) }
    case 'grammar':
    case 'json-object':
      throw unsupported(
        `TGI takes no ${constraint.format === 'grammar' ? 'grammars of its own notation' : 'JSON mode'}`,
      )
  }
}

export function unsupported(reason: string): UnsupportedOptionError {
  return new UnsupportedOptionError(`structuredOutput cannot be honoured: ${reason}.`, { option: 'structuredOutput' })
}
