import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'

/** What a grammar cannot say, named: `reason` is a clause, such as "a grammar cannot count". */
export function notExpressible(what: string, reason: string): UnsupportedOptionError {
  return new UnsupportedOptionError(`structuredOutput cannot be honoured: ${what} cannot be expressed, ${reason}.`, {
    option: 'structuredOutput',
  })
}
