import { describe, expect, it } from 'vitest'

import { killOften } from './kill-harness.js'
import { scratch } from './support.js'

describe('kill -9', () => {
  // The long form is `npm run test:kill`.
  it('loses no row, doubles none, and pays again only for what was not stored', { timeout: 60_000 }, async () => {
    const path = await scratch()
    const report = await killOften({ folder: path('.'), rows: 800, kills: 4, concurrency: 32, random: Math.random })
    expect(report).toMatchObject({ lost: 0, doubled: 0, wrong: 0 })
    expect(report.kills).toBeGreaterThanOrEqual(4)
    expect(report.midway).toBeGreaterThan(0)
    expect(report.repaid).toBeGreaterThanOrEqual(0)
    expect(report.repaid).toBeLessThanOrEqual(report.uncommitted)
  })
})
