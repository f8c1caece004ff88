/** `npm run test:kill [kills] [rows]`: kills `headrace generate` at random instants and looks what is lost. 200 kills by default. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { killOften } from '../test/dataset/kill-harness.js'
import { build, isBuilt } from './build.js'

const [kills = 200, rows = 20_000] = process.argv.slice(2).map(Number)
if (!(await isBuilt())) await build()
const folder = await mkdtemp(join(tmpdir(), 'headrace-kill-'))
try {
  const onKill = (kill: number, committed: number): void => {
    if (kill % 10 === 0) process.stderr.write(`${kill} kills, ${committed} rows safe\n`)
  }
  const report = await killOften({ folder, rows, kills, concurrency: 64, random: Math.random, onKill })
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  const isRight =
    report.midway > 0 && report.lost + report.doubled + report.wrong === 0 && report.repaid <= report.uncommitted
  process.stdout.write(isRight ? 'Nothing is lost, and nothing stored was paid for again.\n' : 'FAILED\n')
  process.exitCode = isRight ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
