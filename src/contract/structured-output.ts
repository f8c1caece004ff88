/**
 * What the text must look like. It is sent to the server in the server's own form and the answer is validated.
 *
 * `json`: the answer is parsed, validated, and is `parsed` on the response. The other formats: `parsed` is the text.
 */
export type StructuredOutput<T = unknown> = JsonOutput<T> | RegexOutput | ChoiceOutput | GrammarOutput

export interface JsonOutput<T = unknown> {
  readonly format: 'json'
  /** A JSON Schema, also as JSON text, a zod schema, or anything of Standard Schema that gives its JSON Schema. */
  readonly schema: JsonSchema | SchemaLike<T> | string
  /** A name for the schema, for servers that want one. @defaultValue "output" */
  readonly name?: string | undefined
  /** A regular expression for the white space between JSON tokens, where a server takes one. */
  readonly whitespacePattern?: string | undefined
}

export interface RegexOutput {
  readonly format: 'regex'
  /** A regular expression that the whole text must match. */
  readonly schema: string
}

export interface ChoiceOutput {
  readonly format: 'choice'
  /** The texts to choose from; at least one. */
  readonly schema: readonly string[]
}

export interface GrammarOutput {
  readonly format: 'grammar'
  /** A grammar in the server's own notation: EBNF or GBNF. It constrains, and is not validated here. */
  readonly schema: string
}

/** A JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * A validator that follows Standard Schema (https://standardschema.dev), such as a zod 4 schema. `T` is what it accepts.
 */
export interface SchemaLike<T = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => unknown
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** A {@link StructuredOutput} as dialects compile it. */
export type Constraint =
  | {
      readonly format: 'json'
      readonly name: string
      readonly schema: JsonSchema
      readonly whitespacePattern?: string | undefined
    }
  | { readonly format: 'regex'; readonly pattern: string }
  | { readonly format: 'choice'; readonly choices: readonly string[] }
  | { readonly format: 'grammar'; readonly grammar: string }

export type ConstraintFormat = Constraint['format']
