import type { StructuredOutput } from '../contract/structured-output.js'
import { InvalidRowError } from '../errors/invalid-row-error.js'
import type { Row } from './task.js'

const column = 'structured_output'
const formats: readonly unknown[] = ['json', 'regex', 'choice', 'grammar']

/**
 * What the column `structured_output` of a row asks for, also in distilabel's names; `undefined` where there is none.
 *
 * @throws InvalidRowError `INVALID_ROW`
 */
export function readStructuredOutput(row: Row): StructuredOutput | undefined {
  const value = row[column]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidRowError(`The column "${column}" must be an object with format and schema.`)
  }
  const { whitespace_pattern: whitespacePattern, ...output } = value as Row
  if (!formats.includes(output['format']) || output['schema'] === undefined) {
    throw new InvalidRowError(
      `The column "${column}" must have a format (json, regex, choice or grammar) and a schema, got the format ${JSON.stringify(output['format'])}.`,
    )
  }
  // Its members are checked with the row's call.
  return { ...output, ...(whitespacePattern == null ? {} : { whitespacePattern }) } as unknown as StructuredOutput
}
