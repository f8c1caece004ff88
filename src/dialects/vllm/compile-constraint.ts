import type { Constraint } from '../../contract/structured-output.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { jsonSchemaFormat } from '../openai/json-schema-format.js'
import { isAtLeast } from '../version-number.js'

/**
 * A constraint in the fields of a version. The `guided_` fields went in 0.12, and a server ignores what it does not know:
 * where the version is unknown, only the form of JSON Schemas that all versions understand is sent.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION`
 */
export function compileConstraint(constraint: Constraint, version: string | undefined): Record<string, unknown> {
  const isNew = version === undefined ? undefined : takesStructuredOutputs(version)
  switch (constraint.format) {
    case 'json': {
      const { whitespacePattern, schema } = constraint
      if (whitespacePattern === undefined) return { response_format: jsonSchemaFormat(constraint) }
      return inFields(isNew, 'a whitespacePattern', { json: schema, whitespace_pattern: whitespacePattern })
    }
    case 'regex':
      return inFields(isNew, 'a regex', { regex: constraint.pattern })
    case 'choice':
      return inFields(isNew, 'a choice', { choice: constraint.choices })
    case 'grammar':
      return inFields(isNew, 'a grammar', { grammar: constraint.grammar })
  }
}

function inFields(isNew: boolean | undefined, what: string, fields: object): Record<string, unknown> {
  if (isNew === undefined) {
    throw new UnsupportedOptionError(
      `structuredOutput cannot be honoured: which version of vLLM the server is is not known, and a field of another version for ${what} would be ignored; use a JSON Schema.`,
      { option: 'structuredOutput' },
    )
  }
  if (isNew) return { structured_outputs: fields }
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`guided_${name}`, value]))
}

/** `structured_outputs` since 0.11. Builds without a tag call themselves `0.1.dev1`, which says nothing. */
function takesStructuredOutputs(version: string): boolean | undefined {
  return /^v?0\.1\.dev/.test(version) ? undefined : isAtLeast(version, 0, 11)
}
