import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A schema of the JSON-Schema-Test-Suite and values that fit it or not. */
export interface SuiteGroup {
  /** `draft7/anyOf.json: anyOf with base schema`. */
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
  readonly tests: readonly SuiteTest[]
}

interface SuiteTest {
  readonly description: string
  readonly data: unknown
  readonly valid: boolean
}

/** How a schema says that it is of a draft, for those whose files do not. */
const dialects: Readonly<Record<string, string>> = {
  draft4: 'http://json-schema.org/draft-07/schema#',
  draft6: 'http://json-schema.org/draft-06/schema#',
  draft7: 'http://json-schema.org/draft-07/schema#',
  'draft2019-09': 'https://json-schema.org/draft/2019-09/schema',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
}

/**
 * The schemas of a draft, with their draft in `$schema`. A schema that is `true` or `false` stands in `allOf`, since an
 * answer's schema is an object. Draft 4 is read as draft 7, which says the same with the words that it has kept.
 *
 * @param folder - With `tests` in it.
 */
export function readSuite(folder: string, draft: string): readonly SuiteGroup[] {
  const root = join(folder, 'tests', draft)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
  return files.toSorted().flatMap((file) => {
    const groups = JSON.parse(readFileSync(join(root, file), 'utf8')) as readonly {
      readonly description: string
      readonly schema: boolean | Readonly<Record<string, unknown>>
      readonly tests: readonly SuiteTest[]
    }[]
    return groups.map(({ description, schema, tests }) => ({
      name: `${draft}/${file}: ${description}`,
      schema: { $schema: dialects[draft], ...(typeof schema === 'boolean' ? { allOf: [schema] } : schema) },
      tests,
    }))
  })
}
