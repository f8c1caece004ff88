const secretHeader = /auth|key|token|secret|cookie|password/i

/** The same headers with every value that may be a secret replaced. */
export function redactHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeader.test(name) ? '[redacted]' : value]),
  )
}

/** `text` with each of `secrets` replaced, wherever it stands. */
export function redactText(text: string, secrets: readonly string[]): string {
  let result = text
  for (const secret of secrets) if (secret !== '') result = result.replaceAll(secret, '[redacted]')
  return result
}
