const secretHeader = /auth|key|token|secret|cookie|password/i

/** The same headers with every value that may be a secret replaced. */
export function redactHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeader.test(name) ? '[redacted]' : value]),
  )
}

/** `text` with each of `secrets` replaced, wherever it stands, as it is or as JSON writes it. */
export function redactText(text: string, secrets: readonly string[]): string {
  let result = text
  for (const secret of secrets) {
    if (secret === '') continue
    result = result.replaceAll(secret, '[redacted]').replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]')
  }
  return result
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
        if (text !== value) fields[name] = text
      } else if (typeof value === 'object' && value !== null && !(value instanceof Error)) {
        const json = JSON.stringify(value) ?? ''
        const text = redactText(json, secrets)
        if (text !== json) fields[name] = JSON.parse(text)
      }
    }
  }
  return error
}
