import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('kinds', import.meta.url))

/** A kind of schema, from simple ones to those that are hard to express. */
export interface SchemaKind {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

export function readKinds(): readonly SchemaKind[] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({
      name: file.replace('.json', ''),
      schema: JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as SchemaKind['schema'],
    }))
}
