import { printable } from '../terminal.js'

/** The result, for people a line and for programs JSON. */
export function show({ json }: { readonly json?: boolean }, object: unknown, line: string): void {
  print(json ? JSON.stringify(object) : printable(line))
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** What is no result. */
export function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}

export function toCell(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return text === '""' ? '-' : text || '-'
}
