/** `npm run test:quirks` runs the deletions; here it is only seen that there is something to delete. */
import { readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { quirks } from './mutations.js'

const root = new URL('../../', import.meta.url)

describe('the deletions of npm run test:quirks', () => {
  it('are there for all 27 quirks', () => {
    expect(quirks.map(({ number }) => number)).toEqual(Array.from({ length: 27 }, (_, index) => index + 1))
    for (const { mutations } of quirks) expect(mutations).not.toHaveLength(0)
  })

  it.each(quirks.flatMap(({ number, mutations }) => mutations.map((mutation) => ({ number, ...mutation }))))(
    'of quirk $number: $handling: stands in $path once',
    async ({ path, text, replacement }) => {
      const source = await readFile(new URL(path, root), 'utf8')
      expect(source.split(text)).toHaveLength(2)
      expect(replacement).not.toBe(text)
    },
  )

  it.each(quirks)('of quirk $number have tests in $file.test.ts', async ({ number, file }) => {
    const tests = await readFile(new URL(`test/quirks/${file}.test.ts`, root), 'utf8')
    expect(tests).toMatch(new RegExp(`describe\\(\\s*['"\`]quirk ${number}: `))
  })
})
