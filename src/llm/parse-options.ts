import { closest, distance } from 'fastest-levenshtein'
import type { z } from 'zod'

import { InvalidOptionError } from '../errors/invalid-option-error.js'

/**
 * Validates options.
 *
 * @param owner - Whose options they are, for the message: `Xinference`, `chat`.
 * @throws InvalidOptionError `INVALID_OPTION`: the first thing that is wrong, in one sentence.
 */
export function parseOptions<Resolved, Input>(
  schema: z.ZodType<Resolved, Input>,
  options: Input,
  owner: string,
): Resolved {
  const result = schema.safeParse(options)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw issue === undefined
    ? new InvalidOptionError(`${owner}: the options are not valid.`)
    : toOptionError(issue, options, owner, schema)
}

function toOptionError(
  issue: z.core.$ZodIssue,
  options: unknown,
  owner: string,
  schema: z.ZodType,
): InvalidOptionError {
  const option = issue.path.join('.')
  const context = { option }
  if (issue.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? ''
    const parent = issue.path.length === 0 ? owner : `${owner}.${option}`
    const known = knownNames(schema, issue.path)
    return new InvalidOptionError(`${parent} has no option "${name}"${suggest(name, known)}`, {
      context,
      option: name,
    })
  }
  const given = describe(
    issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], options),
  )
  if (option === '') return new InvalidOptionError(`${owner} takes an object of options, got ${given}.`, { context })
  if (given === 'undefined') {
    return new InvalidOptionError(`${owner} needs the option "${option}".`, { context, option })
  }
  return new InvalidOptionError(`${owner}: ${option} ${requirement(issue)}, got ${given}.`, { context, option })
}

function requirement(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty'
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
    case 'too_big':
      return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
    case 'invalid_union':
      return issue.message === 'Invalid input' ? 'has a form that is not known here' : issue.message
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'is not valid'
    case 'custom':
    case 'invalid_format':
      return issue.message
    default:
      return 'is not valid'
  }
}

/** What a zod schema may have inside: the members of an object, the elements of an array, what is optional. */
interface Nested {
  readonly shape?: Readonly<Record<PropertyKey, Nested>>
  readonly element?: Nested
  unwrap?(): Nested
}

/** The names that the object at `path` may have. */
function knownNames(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let current: Nested | undefined = schema as Nested
  for (const key of path) {
    const outer = bare(current)
    current = outer?.element ?? outer?.shape?.[key]
  }
  return Object.keys(bare(current)?.shape ?? {})
}

function bare(schema: Nested | undefined): Nested | undefined {
  return schema?.element === undefined && schema?.unwrap !== undefined ? bare(schema.unwrap()) : schema
}

function suggest(name: string, known: readonly string[]): string {
  if (known.length === 0) return '.'
  // An ancestor's snake_case name is found by its camelCase spelling.
  const camelCase = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const nearest = closest(camelCase, known)
  return distance(camelCase, nearest) <= Math.max(2, camelCase.length / 3) ? `; did you mean "${nearest}"?` : '.'
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
