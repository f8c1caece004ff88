/**
 * What the text must look like. It is sent to the server in the server's own form, and the answer is validated whatever
 * the server promised. See `docs/structured-output.md`.
 *
 * `json`: the answer is parsed, validated, and is `parsed` on the response. The other formats: `parsed` is the text.
 */
export type StructuredOutput<T = unknown> = JsonOutput<T> | RegexOutput | ChoiceOutput | GrammarOutput

/** How hard a `structuredOutput` is tried. */
export interface OutputEffort {
  /**
   * Refuse the call with `UNSUPPORTED_OPTION` where the server cannot constrain its text, instead of asking for the form
   * in words.
   *
   * @defaultValue false
   */
  readonly strict?: boolean | undefined
  /**
   * Answers in all, of which each one after the first is asked for because the one before was not valid.
   *
   * @defaultValue 2; of `streamChat` and `streamComplete` 1, because what was streamed cannot be taken back
   */
  readonly maxAttempts?: number | undefined
}

export interface JsonOutput<T = unknown> extends OutputEffort {
  readonly format: 'json'
  /** A JSON Schema, also as JSON text, a zod schema, or anything of Standard Schema that gives its JSON Schema. */
  readonly schema: JsonSchema | SchemaLike<T> | string
  /** A name for the schema, for servers that want one. @defaultValue "output" */
  readonly name?: string | undefined
  /** A regular expression for the white space between JSON tokens. A warning where the server takes none. */
  readonly whitespacePattern?: string | undefined
}

export interface RegexOutput extends OutputEffort {
  readonly format: 'regex'
  /** A regular expression that the whole text must match. */
  readonly schema: string
}

export interface ChoiceOutput extends OutputEffort {
  readonly format: 'choice'
  /** The texts to choose from; at least one. */
  readonly schema: readonly string[]
}

export interface GrammarOutput extends OutputEffort {
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

/**
 * How an answer was held to its form.
 *
 * - `constrained`: the server generates nothing else
 * - `json-mode`: the server generates JSON, and the schema was asked for in words
 * - `prompt`: it was asked for in words
 */
export type OutputRung = 'constrained' | 'json-mode' | 'prompt'

/** How a structured answer came about. */
export interface OutputReport {
  readonly rung: OutputRung
  /** Answers that were needed; each but the last was not valid. */
  readonly attempts: number
}

/** What of a value is there while it still arrives. Every text may be a beginning, and every list may go on. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T

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
  /** Any JSON object: the rung below a schema. */
  | JsonMode

export interface JsonMode {
  readonly format: 'json-object'
}

export type ConstraintFormat = Constraint['format']
