import type { IncomingMessage } from 'node:http'

import type { z } from 'zod'

import { HttpFailure } from '../http-failure.js'
import { readJson } from '../read-json.js'

/**
 * Reads a JSON body as axum does, which TGI is made with.
 *
 * @throws HttpFailure 415 without the content type of JSON, 400 for what is not JSON, 413 for too large a body: plain text.
 */
export async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(incoming.headers['content-type'] ?? '')) {
    throw new HttpFailure(415, 'Expected request with `Content-Type: application/json`')
  }
  try {
    return await readJson(incoming, maxBytes)
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new HttpFailure(400, `Failed to parse the request body as JSON: ${error.message}`)
    }
    throw error
  }
}

/**
 * Gives a body its type, as serde does.
 *
 * @throws HttpFailure 422 in plain text, also for null where TGI's type has no place for it.
 */
export function deserialize<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const [issue] = error.issues
  throw notReadable(issue === undefined ? error.message : describe(issue, body))
}

/** What TGI's reader of JSON says: 422 in plain text. */
export function notReadable(reason: string): HttpFailure {
  return new HttpFailure(422, `Failed to deserialize the JSON body into the target type: ${reason}`)
}

/** What serde calls the types. */
const typeNames: Readonly<Record<string, string>> = {
  array: 'a sequence',
  boolean: 'a boolean',
  int: 'an integer',
  number: 'a number',
  object: 'a map',
  string: 'a string',
}

function describe(issue: z.core.$ZodIssue, body: unknown): string {
  const { path } = issue
  const value = valueAt(body, path)
  if (value === undefined) return `${where(path.slice(0, -1))}missing field \`${String(path.at(-1))}\``
  const [kind, expected] =
    issue.code === 'invalid_type' ? ['type', typeNames[issue.expected] ?? issue.expected] : ['value', issue.message]
  return `${where(path)}invalid ${kind}: ${nameOf(value)}, expected ${expected}`
}

function where(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step], body)
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'sequence'
  return typeof value === 'object' ? 'map' : `${typeof value} ${JSON.stringify(value)}`
}
