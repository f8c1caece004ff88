import type { Ajv, ErrorObject, Options } from 'ajv'

import type { JsonSchema, SchemaLike } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { OutputIssue } from '../errors/invalid-output-error.js'
import { pointer } from './pointer.js'
import { isSchemaLike, jsonSchemaOf } from './schema-like.js'

/** The value that the schema makes of one, or what is wrong with it. */
export type Check = (value: unknown) => { readonly value: unknown } | { readonly issues: readonly OutputIssue[] }

export interface CompiledSchema {
  readonly schema: JsonSchema
  readonly check: Check
}

const bySchema = new WeakMap<object, Promise<CompiledSchema>>()
/** Of schemas given as JSON text, and of equal ones: each row of a dataset has an object of its own. */
const byText = new Map<string, Promise<CompiledSchema>>()
const mostTexts = 256

/** Compiles a schema once, however often it is used. @throws InvalidOptionError when it is not a schema. */
export async function compileSchema(given: JsonSchema | SchemaLike | string): Promise<CompiledSchema> {
  if (typeof given === 'string') return compileText(given, () => parseSchemaText(given))
  let compiled = bySchema.get(given)
  if (compiled === undefined) {
    compiled = isSchemaLike(given) ? compileSchemaLike(given) : compileText(JSON.stringify(given), () => given)
    bySchema.set(given, compiled)
  }
  return compiled
}

async function compileText(text: string, read: () => JsonSchema): Promise<CompiledSchema> {
  let compiled = byText.get(text)
  if (compiled === undefined) {
    compiled = compileJsonSchema(read())
    const [oldest] = byText.keys()
    if (byText.size >= mostTexts && oldest !== undefined) byText.delete(oldest)
    byText.set(text, compiled)
  }
  return compiled
}

function parseSchemaText(text: string): JsonSchema {
  let schema: unknown
  try {
    schema = JSON.parse(text)
  } catch (cause) {
    throw invalidSchema(`is not JSON: ${(cause as Error).message}`, cause)
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema
  throw invalidSchema('must be a JSON object when it is given as text')
}

async function compileSchemaLike(like: SchemaLike): Promise<CompiledSchema> {
  return { schema: jsonSchemaOf(like), check: (value) => checkByStandard(like['~standard'], value) }
}

type Path = readonly (PropertyKey | { key: PropertyKey })[]

function checkByStandard(standard: SchemaLike['~standard'], value: unknown): ReturnType<Check> {
  const result = standard.validate(value) as {
    value?: unknown
    issues?: readonly { message: string; path?: Path }[]
  }
  if (result instanceof Promise) {
    void result.catch(() => undefined)
    throw invalidSchema('must not validate with asynchronous functions')
  }
  if (result.issues === undefined) return { value: result.value }
  return { issues: result.issues.map(({ message, path = [] }) => ({ message, path: toPointer(path) })) }
}

function toPointer(path: Path): string {
  return pointer(path.map((step) => String(typeof step === 'object' ? step.key : step)))
}

async function compileJsonSchema(schema: JsonSchema): Promise<CompiledSchema> {
  const ajv = await createAjv(schema['$schema'])
  // The drafts 6 and 7 differ in nothing that is checked here, and only the latter's own schema is there.
  const { $schema, ...rest } = schema
  let validate: ReturnType<typeof ajv.compile>
  try {
    validate = ajv.compile(isDraft6Or7($schema) ? rest : schema)
  } catch (cause) {
    throw invalidSchema(`is not a JSON Schema: ${(cause as Error).message}`, cause)
  }
  return {
    schema,
    check: (value) => (validate(value) ? { value } : { issues: (validate.errors ?? []).map(toIssue) }),
  }
}

function toIssue({ instancePath, message, keyword, params }: ErrorObject): OutputIssue {
  const sentence = message ?? keyword
  const detail = detailOf(params as Readonly<Record<string, unknown>>)
  return { path: instancePath, message: detail === undefined ? sentence : `${sentence}: ${detail}` }
}

/** What ajv's sentence leaves out, and who is to do better needs. */
function detailOf({ additionalProperty, unevaluatedProperty, allowedValues, allowedValue }: Record<string, unknown>) {
  if (Array.isArray(allowedValues)) return allowedValues.map((value) => JSON.stringify(value)).join(', ')
  const detail = additionalProperty ?? unevaluatedProperty ?? allowedValue
  return detail === undefined ? undefined : JSON.stringify(detail)
}

/** Without the precision 19.99 is no multiple of 0.01; without the own properties every object has a `constructor`. */
const ajvOptions: Options = {
  allErrors: true,
  strict: false,
  logger: false,
  ownProperties: true,
  multipleOfPrecision: 5,
}

async function createAjv($schema: unknown): Promise<Ajv> {
  const { default: formats } = await import('ajv-formats')
  return formats.default(await newAjv($schema))
}

async function newAjv($schema: unknown): Promise<Ajv> {
  if (isDraft6Or7($schema)) return new (await import('ajv')).Ajv(ajvOptions)
  if (String($schema).includes('2019-09')) return new (await import('ajv/dist/2019.js')).Ajv2019(ajvOptions)
  return new (await import('ajv/dist/2020.js')).Ajv2020(ajvOptions)
}

function isDraft6Or7($schema: unknown): boolean {
  return /\/draft-0[67]\//.test(String($schema))
}

function invalidSchema(reason: string, cause?: unknown): InvalidOptionError {
  return new InvalidOptionError(`structuredOutput.schema ${reason}.`, { cause, option: 'structuredOutput' })
}
