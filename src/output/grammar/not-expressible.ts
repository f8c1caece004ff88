import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'

/** Keywords of JSON Schema that are refused, always or in some company. `docs/structured-output.md` says when. */
export const refusedKeywords = [
  '$dynamicRef',
  '$recursiveRef',
  '$ref',
  'anyOf',
  'contains',
  'format',
  'if',
  'maxContains',
  'maxLength',
  'maxProperties',
  'minContains',
  'minLength',
  'minProperties',
  'multipleOf',
  'not',
  'oneOf',
  'pattern',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
  'uniqueItems',
] as const

export type RefusedKeyword = (typeof refusedKeywords)[number]

/**
 * What a grammar cannot say, named: `reason` is a clause, such as "a grammar cannot count".
 *
 * @param keyword - The one to blame; `undefined` where all are expressible and no value fits them.
 */
export function notExpressible(
  keyword: RefusedKeyword | undefined,
  what: string,
  reason: string,
): UnsupportedOptionError {
  return new UnsupportedOptionError(`structuredOutput cannot be honoured: ${what} cannot be expressed, ${reason}.`, {
    option: 'structuredOutput',
    ...(keyword === undefined ? {} : { context: { keyword } }),
  })
}
