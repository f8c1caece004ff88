import { readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { renderDifferences, serverDocs, tableIn } from '../../scripts/write-server-differences.js'
import { parts } from './describe-suite.js'
import { differences } from './differences.js'

describe('the differences between headrace serve and Xinference 4.1.0', () => {
  const checks = Object.values(parts).flat()

  it('are each seen by a check', () => {
    const seen = new Set(checks.flatMap((check) => ('difference' in check ? [check.difference] : [])))
    expect(Object.keys(differences).filter((name) => !seen.has(name as keyof typeof differences))).toEqual([])
  })

  it('are the table of docs/servers.md', async () => {
    expect(tableIn(await readFile(serverDocs, 'utf8'))).toBe(renderDifferences())
  })

  it('have names that tell the checks apart', () => {
    const names = checks.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})
