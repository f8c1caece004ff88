import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { notExpressible } from './not-expressible.js'

/** A schema of a document: `true` allows everything, `false` nothing. */
export type Schema = boolean | SchemaObject
export type SchemaObject = Readonly<Record<string, unknown>>

/** Where a schema stands in its document, as a JSON Pointer. */
export type Pointer = string

export interface LocatedSchema {
  readonly schema: Schema
  readonly at: Pointer
}

/** What a `$ref` inside of `document` names. @throws UnsupportedOptionError when it is in another document. */
export function resolveReference(document: SchemaObject, reference: string, at: Pointer): LocatedSchema {
  const base = document['$id']
  const local = typeof base === 'string' && reference.startsWith(base) ? reference.slice(base.length) : reference
  if (local === '' || local === '#') return { schema: document, at: '' }
  if (local.startsWith('#/')) return atPointer(document, decodeURIComponent(local.slice(1)), at)
  const named = local.startsWith('#') ? findAnchor(document, local.slice(1), '') : undefined
  if (named !== undefined) return named
  throw notExpressible(
    '$ref',
    `$ref ${JSON.stringify(reference)} at ${pointerName(at)}`,
    'because it leads out of the schema',
  )
}

/** A pointer in a sentence. */
export function pointerName(at: Pointer): string {
  return at === '' ? 'the root' : at
}

export function child(at: Pointer, ...steps: readonly (string | number)[]): Pointer {
  return [at, ...steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/')
}

function atPointer(document: SchemaObject, pointer: Pointer, from: Pointer): LocatedSchema {
  let value: unknown = document
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as SchemaObject)[key]
        : undefined
  }
  if (isSchema(value)) return { schema: value, at: pointer }
  throw new InvalidOptionError(
    `structuredOutput.schema has no schema at ${pointer}, which $ref at ${pointerName(from)} names.`,
    { option: 'structuredOutput' },
  )
}

function findAnchor(value: unknown, name: string, at: Pointer): LocatedSchema | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ((value as SchemaObject)['$anchor'] === name) return { schema: value as SchemaObject, at }
  for (const [key, member] of Object.entries(value)) {
    if (key === 'enum' || key === 'const') continue
    const found = findAnchor(member, name, child(at, key))
    if (found !== undefined) return found
  }
  return undefined
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}
