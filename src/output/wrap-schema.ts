import type { JsonSchema } from '../contract/structured-output.js'

const member = 'value'
const wrappedBy = new WeakMap<JsonSchema, JsonSchema>()

/** The schema of an object whose only member is what the given one describes; the same one for the same schema. */
export function wrapSchema(schema: JsonSchema): JsonSchema {
  let wrapped = wrappedBy.get(schema)
  if (wrapped === undefined) wrappedBy.set(schema, (wrapped = wrap(schema)))
  return wrapped
}

/** What stands in the object; anything else as it is, which its schema will refuse. */
export function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null && member in value ? value[member] : value
}

function wrap(schema: JsonSchema): JsonSchema {
  // Definitions stay at the top, where references look for them.
  const { $schema, $defs, definitions, ...rest } = schema
  const value = moveReferences(rest) as JsonSchema
  return {
    ...($schema === undefined ? {} : { $schema }),
    type: 'object',
    properties: { [member]: value },
    required: [member],
    additionalProperties: false,
    ...($defs === undefined ? {} : { $defs: moveReferences($defs) }),
    ...(definitions === undefined ? {} : { definitions: moveReferences(definitions) }),
  }
}

/** References to the schema itself, or into it, lead to its new place. */
function moveReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moveReferences)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? moved(inner) : moveReferences(inner),
    ]),
  )
}

function moved(reference: string): string {
  if (!reference.startsWith('#')) return reference
  const isAtTop = /^#\/(\$defs|definitions)\//.test(reference) || /^#[^/]/.test(reference)
  return isAtTop ? reference : `#/properties/${member}${reference.slice(1)}`
}
