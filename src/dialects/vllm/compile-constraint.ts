import type { Constraint } from '../../contract/structured-output.js'
import { responseFormat } from '../openai/json-schema-format.js'
import { isAtLeast } from '../version-number.js'

/**
 * A constraint in the fields of a version. The `guided_` fields went in 0.12, and a server ignores what it does not know:
 * of an unknown version the capabilities offer only the form of JSON Schemas that all understand.
 */
export function compileConstraint(constraint: Constraint, version: string | undefined): Record<string, unknown> {
  const isNew = takesStructuredOutputs(version)
  switch (constraint.format) {
    case 'json': {
      const { whitespacePattern, schema } = constraint
      if (whitespacePattern === undefined) return { response_format: responseFormat(constraint) }
      return inFields(isNew, { json: schema, whitespace_pattern: whitespacePattern })
    }
    case 'json-object':
      return { response_format: responseFormat(constraint) }
    case 'regex':
      return inFields(isNew, { regex: constraint.pattern })
    case 'choice':
      return inFields(isNew, { choice: constraint.choices })
    case 'grammar':
      return inFields(isNew, { grammar: constraint.grammar })
  }
}

function inFields(isNew: boolean | undefined, fields: object): Record<string, unknown> {
  if (isNew) return { structured_outputs: fields }
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`guided_${name}`, value]))
}

/**
 * Whether a version reads `structured_outputs` (since 0.11) and not the `guided_` fields; `undefined`: not known. Builds
 * without a tag call themselves `0.1.dev1`, which says nothing.
 */
export function takesStructuredOutputs(version: string | undefined): boolean | undefined {
  return version === undefined || /^v?0\.1\.dev/.test(version) ? undefined : isAtLeast(version, 0, 11)
}
