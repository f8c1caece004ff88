import { isRecord } from '../is-record.js'
import { pythonTypeName } from './python-text.js'

/**
 * Validation as pydantic 1 does it, coercions and wording included: Xinference answers a wrong body with its text.
 */

/** Where in a body. */
export type Location = readonly (string | number)[]

/** One thing that is wrong with a body. */
export interface Issue {
  readonly location: Location
  readonly message: string
  /** pydantic's type of the error, with its context: `value_error.const; given=x; permitted=('text',)`. */
  readonly type: string
}

/** Reads one value; reports what is wrong to `issues`. The result counts only if nothing was reported. */
export type Check<T> = (value: unknown, location: Location, issues: Issue[]) => T

/** One field of a body. Without `isNullable`, JSON `null` is refused. */
export interface Field<T> {
  readonly check: Check<Exclude<T, null | undefined>>
  readonly isRequired?: true
  readonly isNullable?: true
}

/** The fields of a body, in the order in which their errors are listed. */
export type Fields<Body> = { readonly [K in keyof Required<Body>]: Field<Body[K]> }

/** A request body that pydantic would refuse. */
class BodyValidationError extends Error {
  override readonly name = 'BodyValidationError'

  constructor(model: string, issues: readonly Issue[]) {
    const lines = issues.map(({ location, message, type }) => `${location.join(' -> ')}\n  ${message} (type=${type})`)
    super([`${issues.length} validation error${issues.length === 1 ? '' : 's'} for ${model}`, ...lines].join('\n'))
  }
}

/**
 * Reads a body by its fields; fields that are not known are dropped.
 *
 * @param model - The name of the pydantic model, for the error.
 * @throws BodyValidationError
 */
export function validateBody<Body>(model: string, fields: Fields<Body>, value: unknown): Body {
  // Python's dict([]) is an empty dict.
  const body = Array.isArray(value) && value.length === 0 ? {} : value
  if (!isRecord(body)) {
    const message = `${model} expected dict not ${pythonTypeName(body)}`
    throw new BodyValidationError(model, [{ location: ['__root__'], message, type: 'type_error' }])
  }
  const issues: Issue[] = []
  const read = readFields(fields, body, [], issues)
  if (issues.length > 0) throw new BodyValidationError(model, issues)
  return read
}

/** Reads the members of an object, at a location within a body. */
export function readFields<Body>(
  fields: Fields<Body>,
  body: Record<string, unknown>,
  location: Location,
  issues: Issue[],
): Body {
  const read: Record<string, unknown> = {}
  for (const [name, field] of Object.entries<Field<unknown>>(fields)) {
    const value = body[name]
    const at = [...location, name]
    if (value === undefined) {
      if (field.isRequired) issues.push({ location: at, message: 'field required', type: 'value_error.missing' })
    } else if (value !== null) {
      read[name] = field.check(value, at, issues)
    } else if (field.isNullable) {
      read[name] = null
    } else {
      issues.push(notAllowedNone(at))
    }
  }
  return read as Body
}

/** What is wrong with a `null` that may not be one. */
export function notAllowedNone(location: Location): Issue {
  return { location, message: 'none is not an allowed value', type: 'type_error.none.not_allowed' }
}
