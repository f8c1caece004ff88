import { SerializationError } from '../errors/serialization-error.js'
import type { LLMOptions } from './llm-options.js'
import type { LLM } from './llm.js'

/** A dictionary of a Python ancestor, read. */
export interface AncestorReading {
  /** For the constructor. */
  readonly options: Readonly<Record<string, unknown>>
  /** Fields that could not be mapped, each with the reason. */
  readonly unmapped: readonly string[]
}

/** What `fromJSON` needs of a class. */
export interface LLMClass {
  /** The name in JSON. Never the constructor's own, which bundlers change. */
  readonly className: string
  new (options: never): LLM
  /** Reads what the Python class of the same name wrote. */
  readAncestor?(dictionary: Readonly<Record<string, unknown>>): AncestorReading
}

export interface FromJSONOptions {
  /** The classes that may come out. @defaultValue those of the entry point `headrace` */
  readonly classes?: readonly LLMClass[] | undefined
  /** Options over the stored ones: what JSON cannot hold, such as functions. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /** Told of each field that could not be mapped. @defaultValue `process.emitWarning` */
  readonly onWarning?: ((message: string) => void) | undefined
}

/**
 * Makes a model of what `toJSON()` gave, or of the dictionary that a Python ancestor's `to_dict()` or `dump()` wrote (snake_case,
 * `class_name` or `type_info`).
 *
 * @throws SerializationError `NOT_DESERIALIZABLE`
 * @throws InvalidOptionError `INVALID_OPTION` when the stored options are not valid.
 */
export function fromJSON(json: unknown, { classes = [], options = {}, onWarning }: FromJSONOptions): LLM {
  if (typeof json !== 'object' || json === null) {
    throw new SerializationError('fromJSON takes the object that toJSON() gave (parse a JSON text first).')
  }
  const dictionary = json as Record<string, unknown>
  const ancestorName = readAncestorName(dictionary)
  const isAncestor = dictionary['className'] === undefined && ancestorName !== undefined
  const className = isAncestor ? ancestorName : dictionary['className']
  const Class = classes.find((each) => each.className === className)
  if (Class === undefined) {
    const known = classes.map((each) => each.className).join(', ')
    throw new SerializationError(
      `fromJSON does not know the class ${JSON.stringify(className)} (it knows ${known}): pass its class in the option classes.`,
    )
  }
  let stored = dictionary['config'] ?? {}
  if (isAncestor) {
    if (Class.readAncestor === undefined)
      throw new SerializationError(`${Class.className} has no Python ancestor to read.`)
    const reading = Class.readAncestor(dictionary)
    stored = reading.options
    const warn = onWarning ?? ((message: string) => process.emitWarning(message, 'HeadraceWarning'))
    for (const reason of reading.unmapped) warn(`${Class.className}: ${reason}`)
  }
  return new Class({ ...withInfinity(stored), ...options } as never)
}

/** LlamaIndex writes `class_name`, distilabel `type_info`. */
function readAncestorName(dictionary: Readonly<Record<string, unknown>>): string | undefined {
  const { class_name: name, type_info: info } = dictionary
  if (typeof name === 'string') return name
  const typeName = typeof info === 'object' && info !== null ? (info as { name?: unknown }).name : undefined
  return typeof typeName === 'string' ? typeName : undefined
}

/** JSON writes `null` for the Infinity of what waits for ever. */
function withInfinity(stored: LLMOptions): LLMOptions {
  const { timeouts, waitTimeoutMs } = stored as { timeouts?: Record<string, unknown>; waitTimeoutMs?: unknown }
  return {
    ...stored,
    ...(waitTimeoutMs === null ? { waitTimeoutMs: Infinity } : {}),
    ...(timeouts === undefined || timeouts === null
      ? {}
      : { timeouts: Object.fromEntries(Object.entries(timeouts).map(([name, ms]) => [name, ms ?? Infinity])) }),
  }
}
