import type { Route } from '../contract/capabilities.js'
import type { Constraint, JsonSchema } from '../contract/structured-output.js'
import type { HeadraceError } from '../errors/headrace-error.js'

/** Words by which servers say that it is the constraint that they do not take. */
const aboutConstraints =
  /response_format|json_?schema|json_object|structured[ _]?output|guided|grammar|regex|ebnf|constrain|schema/i

/** Whether a server refused a request because of its constraint. */
export function isRefusalOfConstraint({ code, status, message }: HeadraceError): boolean {
  const isRefusal = code === 'INVALID_REQUEST' && (status === 400 || status === 422 || status === 501)
  return isRefusal && aboutConstraints.test(message)
}

/** What a model's server has refused to constrain to, so that each refusal costs one request. */
export class OutputRefusals {
  /** Of one schema: others may be simpler. */
  readonly #schemas = { chat: new WeakSet<JsonSchema>(), completion: new WeakSet<JsonSchema>() }
  readonly #formats = { chat: new Set<string>(), completion: new Set<string>() }

  has(route: Route, constraint: Constraint): boolean {
    return constraint.format === 'json'
      ? this.#schemas[route].has(constraint.schema)
      : this.#formats[route].has(constraint.format)
  }

  add(route: Route, constraint: Constraint): void {
    if (constraint.format === 'json') this.#schemas[route].add(constraint.schema)
    else this.#formats[route].add(constraint.format)
  }
}
