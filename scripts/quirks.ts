/**
 * `npm run test:quirks`: shows that each quirk of Xinference has tests that fail when its handling is deleted.
 */
import { quirks } from '../test/quirks/mutations.js'
import { tryFaults, type Verdict } from './try-faults.js'

const words: Readonly<Record<Verdict, string>> = {
  caught: 'yes',
  survived: 'NO, they pass',
  stale: 'NO, the text to delete is not there once',
  broken: 'NO, they do not run or do not pass as they are',
}

const deletions = quirks.flatMap(({ number, file, mutations }) =>
  mutations.map((mutation) => ({ number, file, mutation })),
)
const verdicts = await tryFaults(
  deletions.map(({ number, file, mutation }) => ({
    fault: mutation,
    file: `test/quirks/${file}.test.ts`,
    title: `quirk ${number}:`,
  })),
  ['support', 'fixtures', 'xinference-client'],
)
const rows = deletions.map(({ number, mutation: { path, handling } }, index) => ({
  quirk: number,
  path,
  handling,
  verdict: verdicts[index] ?? 'broken',
}))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
else {
  const width = Math.max(...rows.map(({ path }) => path.length))
  const line = (quirk: string, path: string, verdict: string, handling: string): string =>
    `${quirk.padStart(5)}  ${path.padEnd(width)}  ${verdict.padEnd(21)}  ${handling}\n`
  process.stdout.write(line('quirk', 'file', 'tests fail without it', 'handling'))
  for (const { quirk, path, verdict, handling } of rows) {
    process.stdout.write(line(String(quirk), path, words[verdict], handling))
  }
  const caught = rows.filter(({ verdict }) => verdict === 'caught').length
  process.stdout.write(`${caught} of ${rows.length} deletions of the handling of ${quirks.length} quirks are caught.\n`)
}
if (rows.some(({ verdict }) => verdict !== 'caught')) process.exitCode = 1
