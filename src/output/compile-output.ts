import type { Ajv, Options } from 'ajv'

import type { Constraint, JsonSchema, SchemaLike, StructuredOutput } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { InvalidOutputError, type OutputIssue } from '../errors/invalid-output-error.js'

/** A `structuredOutput`, ready to be sent and to check answers with. */
export interface CompiledOutput {
  readonly constraint: Constraint
  /**
   * The value that a text stands for: parsed JSON, otherwise the text.
   *
   * @throws InvalidOutputError `INVALID_OUTPUT` when the text is not what was asked for.
   */
  read(text: string, wasCut: boolean): unknown
}

type Check = (value: unknown) => { readonly value: unknown } | { readonly issues: readonly OutputIssue[] }
type CompiledSchema = Promise<{ readonly schema: JsonSchema; readonly check: Check }>

const bySchema = new WeakMap<object, CompiledSchema>()
/** Of schemas given as JSON text. */
const byText = new Map<string, CompiledSchema>()
const mostTexts = 256

/** Compiles a schema once, however often it is used. @throws InvalidOptionError when it is not a schema. */
export async function compileOutput(output: StructuredOutput): Promise<CompiledOutput> {
  switch (output.format) {
    case 'json': {
      const { name = 'output', whitespacePattern } = output
      const { schema, check } = await compileSchema(output.schema)
      return {
        constraint: { format: 'json', name, schema, whitespacePattern },
        read: (text, wasCut) => readJson(text, wasCut, check),
      }
    }
    case 'regex': {
      const matcher = compilePattern(output.schema)
      return {
        constraint: { format: 'regex', pattern: output.schema },
        read: (text, wasCut) => readText(text, wasCut, matcher.test(text), 'match the regular expression'),
      }
    }
    case 'choice': {
      const choices = new Set(output.schema)
      return {
        constraint: { format: 'choice', choices: output.schema },
        read: (text, wasCut) => readText(text, wasCut, choices.has(text), 'equal one of the choices'),
      }
    }
    case 'grammar':
      return { constraint: { format: 'grammar', grammar: output.schema }, read: (text) => text }
  }
}

async function compileSchema(given: JsonSchema | SchemaLike | string): CompiledSchema {
  const compile = (schema: JsonSchema | SchemaLike): CompiledSchema =>
    isSchemaLike(schema) ? compileSchemaLike(schema) : compileJsonSchema(schema)
  let compiled: CompiledSchema | undefined
  if (typeof given !== 'string') {
    compiled = bySchema.get(given) ?? compile(given)
    bySchema.set(given, compiled)
    return compiled
  }
  compiled = byText.get(given)
  if (compiled === undefined) {
    compiled = compile(parseSchemaText(given))
    const [oldest] = byText.keys()
    if (byText.size >= mostTexts && oldest !== undefined) byText.delete(oldest)
    byText.set(given, compiled)
  }
  return compiled
}

function parseSchemaText(text: string): JsonSchema {
  let schema: unknown
  try {
    schema = JSON.parse(text)
  } catch (cause) {
    throw new InvalidOptionError(`structuredOutput.schema is not JSON: ${(cause as Error).message}.`, {
      cause,
      option: 'structuredOutput',
    })
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema
  throw new InvalidOptionError('structuredOutput.schema must be a JSON object when it is given as text.', {
    option: 'structuredOutput',
  })
}

/** Matches the whole text. Servers read patterns by rules of their own; what JavaScript cannot read is refused. */
function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch (cause) {
    throw new InvalidOptionError(`structuredOutput.schema is not a regular expression: ${(cause as Error).message}.`, {
      cause,
      option: 'structuredOutput',
    })
  }
}

function readText(text: string, wasCut: boolean, isValid: boolean, what: string): string {
  if (isValid) return text
  const message = `must ${what}`
  throw new InvalidOutputError(`The answer does not ${what} of structuredOutput.${cutNote(wasCut)}`, {
    issues: [{ path: '', message }],
  })
}

function cutNote(wasCut: boolean): string {
  return wasCut ? ' It was cut at maxTokens: raise it.' : ''
}

function readJson(text: string, wasCut: boolean, check: Check): unknown {
  const cut = cutNote(wasCut)
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
  // Without the precision 19.99 is no multiple of 0.01; without the own properties every object has a `constructor`.
  const options = {
    allErrors: true,
    strict: false,
    logger: false,
    ownProperties: true,
    multipleOfPrecision: 5,
  } as const
  const { default: formats } = await import('ajv-formats')
  return formats.default(await newAjv($schema, options))
}

async function newAjv($schema: unknown, options: Options): Promise<Ajv> {
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
