import type { Ajv } from 'ajv'

import type { JsonSchema, SchemaLike, StructuredOutput } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { InvalidOutputError, type OutputIssue } from '../errors/invalid-output-error.js'

/** A `structuredOutput`, ready to be sent and to check answers with. */
export interface CompiledOutput {
  readonly name: string
  readonly schema: JsonSchema
  /**
   * The value that a text stands for.
   *
   * @throws InvalidOutputError `INVALID_OUTPUT` when it is not JSON or not valid.
   */
  read(text: string, wasCut: boolean): unknown
}

type Check = (value: unknown) => { readonly value: unknown } | { readonly issues: readonly OutputIssue[] }

const checks = new WeakMap<object, Promise<{ schema: JsonSchema; check: Check }>>()

/** Compiles a schema once, however often it is used. @throws InvalidOptionError when it is not a schema. */
export async function compileOutput(output: StructuredOutput): Promise<CompiledOutput> {
  let compiled = checks.get(output.schema)
  if (compiled === undefined) {
    compiled = isSchemaLike(output.schema) ? compileSchemaLike(output.schema) : compileJsonSchema(output.schema)
    checks.set(output.schema, compiled)
  }
  const { schema, check } = await compiled
  return { name: output.name ?? 'output', schema, read: (text, wasCut) => read(text, wasCut, check) }
}

function read(text: string, wasCut: boolean, check: Check): unknown {
  const cut = wasCut ? ' It was cut at maxTokens: raise it.' : ''
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    // It quotes the text, line breaks included.
    const message = (cause as Error).message.replaceAll(/\s+/g, ' ')
    throw new InvalidOutputError(`The answer is not JSON: ${message}.${cut}`, {
      cause,
      issues: [{ path: '', message }],
    })
  }
  const result = check(json)
  if ('value' in result) return result.value
  const [first] = result.issues
  const where = first?.path ? ` at ${first.path}` : ''
  throw new InvalidOutputError(`The answer does not fit the schema${where}: ${first?.message ?? 'not valid'}.${cut}`, {
    issues: result.issues,
  })
}

function isSchemaLike(schema: JsonSchema | SchemaLike): schema is SchemaLike {
  return '~standard' in schema
}

async function compileSchemaLike(like: SchemaLike): Promise<{ schema: JsonSchema; check: Check }> {
  const standard = like['~standard']
  const { jsonSchema: converter } = standard as { jsonSchema?: { input(options: { target: string }): JsonSchema } }
  if (typeof converter?.input !== 'function') {
    throw new InvalidOptionError(
      `structuredOutput.schema: a schema of ${standard.vendor} does not give its JSON Schema; pass the JSON Schema instead.`,
      { option: 'structuredOutput' },
    )
  }
  let schema: JsonSchema
  try {
    schema = converter.input({ target: 'draft-2020-12' })
  } catch (cause) {
    throw new InvalidOptionError(
      `structuredOutput.schema cannot be written as a JSON Schema: ${(cause as Error).message}.`,
      { cause, option: 'structuredOutput' },
    )
  }
  return {
    schema,
    check(value) {
      const result = standard.validate(value) as {
        value?: unknown
        issues?: readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] }[]
      }
      if (result instanceof Promise) {
        void result.catch(() => undefined)
        throw new InvalidOptionError('structuredOutput.schema must not validate with asynchronous functions.', {
          option: 'structuredOutput',
        })
      }
      if (result.issues === undefined) return { value: result.value }
      return { issues: result.issues.map(({ message, path }) => ({ message, path: toPointer(path ?? []) })) }
    },
  }
}

async function compileJsonSchema(schema: JsonSchema): Promise<{ schema: JsonSchema; check: Check }> {
  const ajv = await createAjv(schema['$schema'])
  // The drafts 6 and 7 differ in nothing that is checked here, and only the latter's own schema is there.
  const { $schema, ...rest } = schema
  let validate: ReturnType<typeof ajv.compile>
  try {
    validate = ajv.compile(isDraft6Or7($schema) ? rest : schema)
  } catch (cause) {
    throw new InvalidOptionError(`structuredOutput.schema is not a JSON Schema: ${(cause as Error).message}.`, {
      cause,
      option: 'structuredOutput',
    })
  }
  return {
    schema,
    check: (value) =>
      validate(value)
        ? { value }
        : {
            issues: (validate.errors ?? []).map((error) => ({
              path: error.instancePath,
              message: error.message ?? error.keyword,
            })),
          },
  }
}

async function createAjv($schema: unknown): Promise<Ajv> {
  const options = { allErrors: true, strict: false, logger: false } as const
  if (isDraft6Or7($schema)) return new (await import('ajv')).Ajv(options)
  if (String($schema).includes('2019-09')) return new (await import('ajv/dist/2019.js')).Ajv2019(options)
  return new (await import('ajv/dist/2020.js')).Ajv2020(options)
}

function isDraft6Or7($schema: unknown): boolean {
  return /\/draft-0[67]\//.test(String($schema))
}

function toPointer(path: readonly (PropertyKey | { key: PropertyKey })[]): string {
  return path
    .map((step) =>
      String(typeof step === 'object' ? step.key : step)
        .replaceAll('~', '~0')
        .replaceAll('/', '~1'),
    )
    .map((step) => `/${step}`)
    .join('')
}
