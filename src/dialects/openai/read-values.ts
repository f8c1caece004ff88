export function optionalString(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  // Some servers number their tool calls.
  return typeof value === 'number' ? String(value) : undefined
}

/** Arguments are JSON text; some servers send the object itself. */
export function asArguments(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** The beginning of a value as JSON, for a message. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 120 ? `${text.slice(0, 120)}...` : text
}
