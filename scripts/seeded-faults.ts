/** `npm run test:faults-seeded`: shows that the suite of the back ends catches faults that are put into the dialects. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { faults } from '../test/back-ends/seeded-faults.js'
import { tryFaults, type Verdict } from './try-faults.js'

const words: Readonly<Record<Verdict, string>> = {
  caught: 'yes',
  survived: 'NO, its tests pass',
  stale: 'NO, the text to change is not there once',
  broken: 'NO, its tests do not run or do not pass without it',
}

/** The suite of one back end alone. */
async function leaveOne(house: string, backEnd: string): Promise<void> {
  const table = join(house, 'test/back-ends/table.ts')
  const source = await readFile(table, 'utf8')
  const all = source.replace('export const backEnds: ', 'const all: ')
  await writeFile(
    table,
    `${all}\nexport const backEnds = all.filter(({ name }) => name === ${JSON.stringify(backEnd)})\n`,
  )
}

const verdicts = await tryFaults(
  faults.map(({ file, backEnd, ...fault }) => ({
    fault,
    file: `test/back-ends/${file}.test.ts`,
    title: backEnd,
    narrow: (house) => leaveOne(house, backEnd),
  })),
  ['support', 'fixtures', 'back-ends'],
)
const rows = faults.map((fault, index) => ({ ...fault, verdict: verdicts[index] ?? 'broken' }))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
else {
  const width = (of: (row: (typeof rows)[number]) => string): number => Math.max(...rows.map((row) => of(row).length))
  const [names, paths] = [width(({ backEnd }) => backEnd), width(({ path }) => path)]
  for (const { backEnd, path, verdict, fault } of rows) {
    process.stdout.write(`${backEnd.padEnd(names)}  ${path.padEnd(paths)}  ${words[verdict].padEnd(3)}  ${fault}\n`)
  }
  const caught = rows.filter(({ verdict }) => verdict === 'caught').length
  process.stdout.write(`${caught} of ${rows.length} faults are caught.\n`)
}
if (rows.some(({ verdict }) => verdict !== 'caught')) process.exitCode = 1
