import type { TextBuffer } from './text-buffer.js'

const names = new Map<string, string>()

/**
 * Writes the members of an object as JSON, without the braces; one of them, a long text as a rule, is JSON already and
 * goes first: making JSON of a long text is most of what a row costs here.
 */
export function writeMembers(
  object: Readonly<Record<string, unknown>>,
  first: string,
  firstJSON: string | Uint8Array,
  out: TextBuffer,
): void {
  out.write(nameOf(first))
  if (typeof firstJSON === 'string') out.write(firstJSON)
  else out.writeBytes(firstJSON)
  let rest = ''
  for (const name in object) {
    if (name === first) continue
    const value = object[name]
    if (value === null || typeof value === 'number' || typeof value === 'boolean') rest += `,${nameOf(name)}${value}`
    else if (value !== undefined) rest += `,${nameOf(name)}${JSON.stringify(value)}`
  }
  out.write(rest)
}

/** `"name":`. The names are few: the columns of a run. */
function nameOf(name: string): string {
  let json = names.get(name)
  if (json === undefined) {
    json = `${JSON.stringify(name)}:`
    if (names.size < 1000) names.set(name, json)
  }
  return json
}
