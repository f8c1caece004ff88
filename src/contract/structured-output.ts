/**
 * What the text must look like.
 *
 * `json`: a JSON Schema, a zod schema, or anything of Standard Schema that gives its JSON Schema. The answer is parsed,
 * validated, and is `parsed` on the response.
 */
export interface StructuredOutput<T = unknown> {
  readonly format: 'json'
  readonly schema: JsonSchema | SchemaLike<T>
  /** A name for the schema, for servers that want one. @defaultValue "output" */
  readonly name?: string | undefined
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
