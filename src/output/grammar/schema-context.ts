import type { Expression } from './expression.js'
import type { LocatedSchema } from './schema-reference.js'

/** What the types that hold other values need of the whole grammar. */
export interface SchemaContext {
  /** A value that fits the schema, as a rule of its own where it is not short. */
  value(located: LocatedSchema): Expression
  /** All values that fit the schema, if they can be listed. */
  finiteValues(located: LocatedSchema): readonly Expression[] | undefined
  /** A property: its name, as JSON writes it, and its value. */
  pair(name: Expression, value: Expression): Expression
  braces(open: string, content: Expression, close: string): Expression
  readonly comma: Expression
  /** The same, as a rule where it is used more than once. */
  shared(expression: Expression): Expression
}
