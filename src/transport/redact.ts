/** What is shorter is no secret, such as a tenant's number, and stands in many a text by chance. */
const shortestSecret = 6

/**
 * How often a text may have been written as JSON inside JSON: a body with a password, in a server's report of the request,
 * in the body of its answer, in the JSON of an error.
 */
const deepest = 5

const secretHeader = /auth|key|token|secret|cookie|password/i

/** The same headers with every value that may be a secret replaced. */
export function redactHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeader.test(name) ? '[redacted]' : value]),
  )
}

/** `text` with each of `secrets` replaced, wherever it stands, as it is or as JSON, and JSON inside JSON, writes it. */
export function redactText(text: string, secrets: readonly string[]): string {
  let result = text
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue
    let form = secret
    for (let depth = 0; depth < deepest; depth++) {
      result = result.replaceAll(form, '[redacted]')
      const escaped = JSON.stringify(form).slice(1, -1)
      if (escaped === form) break
      form = escaped
    }
  }
  return result
}

/**
 * Reads a text; when that fails, the error is the one of the text without `secrets`, so that an excerpt in its message
 * holds no piece of one.
 */
export function readRedacted<T>(text: string, secrets: readonly string[], read: (text: string) => T): T {
  try {
    return read(text)
  } catch (error) {
    const redacted = redactText(text, secrets)
    if (redacted !== text) read(redacted)
    throw error
  }
}

/**
 * Takes `secrets` out of an error, its causes and what they carry: a server may repeat the headers of a request, and
 * what it says becomes part of any of them.
 */
export function redactError(error: unknown, secrets: readonly string[]): unknown {
  for (let each = error; each instanceof Error; each = each.cause) {
    const fields = each as Error & Record<string, unknown>
    for (const name of ['message', 'stack', ...Object.keys(fields)]) {
      const value = fields[name]
      if (typeof value === 'string') {
        const text = redactText(value, secrets)
        // The error of a platform may be read-only; `set` then gives up.
        if (text !== value) Reflect.set(fields, name, text)
      } else if (typeof value === 'object' && value !== null && !(value instanceof Error)) {
        const clean = redactObject(value, secrets)
        if (clean !== value) Reflect.set(fields, name, clean)
      }
    }
  }
  return error
}

/** The same object when there is no secret in it, else a copy without. */
function redactObject(value: object, secrets: readonly string[]): unknown {
  let json: string
  try {
    json = JSON.stringify(value) ?? ''
  } catch {
    // It holds itself, as the requests and answers of some clients do, and those hold headers.
    return '[removed]'
  }
  if (redactText(json, secrets) === json) return value
  return JSON.parse(json, (_, field: unknown) => (typeof field === 'string' ? redactText(field, secrets) : field))
}
