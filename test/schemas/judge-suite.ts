import { readFileSync } from 'node:fs'

import type { SuiteFigures } from './examine-suite.js'

/** Where we do not follow the suite, and why. */
interface KnownDisagreements {
  readonly validation: readonly {
    readonly reason: string
    /** How many disagreements have a name that begins so; a longer beginning takes precedence. */
    readonly names: Readonly<Record<string, number>>
  }[]
  /** Schemas of which our validation refuses texts that do fit, which the grammar makes. */
  readonly samples: Readonly<Record<string, string>>
}

const known = JSON.parse(
  readFileSync(new URL('known-disagreements.json', import.meta.url), 'utf8'),
) as KnownDisagreements

/** What is not as the data file says, in either direction. */
export function judgeSuite(draft: string, figures: SuiteFigures): readonly string[] {
  const expected = new Map(known.validation.flatMap(({ names }) => Object.entries(names)))
  const ofDraft = [...expected.keys()].filter((name) => name.startsWith(`${draft}/`))
  const longestFirst = ofDraft.toSorted((one, other) => other.length - one.length)
  const found = new Map<string, number>()
  const failures: string[] = []
  for (const disagreement of figures.disagreements) {
    const name = longestFirst.find((each) => disagreement.startsWith(each))
    if (name === undefined) failures.push(`validation disagrees with ${disagreement}`)
    else found.set(name, (found.get(name) ?? 0) + 1)
  }
  for (const name of ofDraft) {
    const [count, wanted] = [found.get(name) ?? 0, expected.get(name)]
    if (count !== wanted) failures.push(`validation disagrees with ${count} of ${name}, and ${wanted} are known`)
  }
  for (const [name, text] of wrongTexts(figures)) failures.push(`the grammar of ${name} makes ${text}`)
  for (const sentence of figures.unnamed) failures.push(`refused without a name: ${sentence}`)
  return failures
}

/** Texts of grammars that their schemas refuse, without those that only our validation refuses. */
export function wrongTexts({ wrong }: SuiteFigures): SuiteFigures['wrong'] {
  return wrong.filter(([name]) => !Object.hasOwn(known.samples, name))
}
