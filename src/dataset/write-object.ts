import type { TextBuffer } from './text-buffer.js'

const names = new Map<string, string>()

/** Writes the members of an object as JSON, each with a comma before it; `except` and what is `undefined` are left out. */
export function writeMembers(object: Readonly<Record<string, unknown>>, except: string, out: TextBuffer): void {
  for (const name in object) {
    const value = object[name]
    if (value === undefined || name === except) continue
    if (typeof value === 'string') {
      out.write(nameOf(name))
      out.writeJSON(value)
      continue
    }
    const isWhole = typeof value === 'number' && Number.isInteger(value)
    const json = isWhole ? String(value) : JSON.stringify(value)
    if (json === undefined) continue
    out.write(nameOf(name))
    out.write(json)
  }
}

/** `,"name":`. The names are few: the columns of a run. */
function nameOf(name: string): string {
  let json = names.get(name)
  if (json === undefined) {
    json = `,${JSON.stringify(name)}:`
    if (names.size < 1000) names.set(name, json)
  }
  return json
}
