/**
 * `npm run test:quirks`: shows that each quirk of Xinference has tests that fail when its handling is deleted. The tests
 * run on copies of the sources, each with one deletion, and on one without; the working tree is not touched.
 */
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type Mutation, type Quirk, quirks } from '../test/quirks/mutations.js'
import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * - `caught`: its tests pass on the sources as they are and fail without the handling
 * - `survived`: they pass without it as well
 * - `stale`: the text to delete is not there, or more than once
 * - `broken`: they fail on the sources as they are, or cannot run without the handling
 */
type Verdict = 'caught' | 'survived' | 'stale' | 'broken'

interface Row {
  readonly quirk: number
  readonly path: string
  readonly handling: string
  readonly verdict: Verdict
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly ancestorTitles: readonly string[]; readonly status: string }[]
  }[]
}

const config = `export default {
  test: { include: ['*/test/quirks/*.test.ts'], testTimeout: 5000, hookTimeout: 5000, reporters: ['json'] },
}
`

/** A copy of the sources with the tests of some files. */
async function copyTo(house: string, files: readonly string[]): Promise<void> {
  const isSource = (path: string): boolean => !path.endsWith('.test.ts')
  await cp(join(root, 'src'), join(house, 'src'), { recursive: true, filter: isSource })
  await mkdir(join(house, 'test', 'quirks'), { recursive: true })
  for (const folder of ['support', 'fixtures', 'xinference-client']) {
    await cp(join(root, 'test', folder), join(house, 'test', folder), { recursive: true, filter: isSource })
  }
  for (const file of files) {
    const name = `${file}.test.ts`
    await cp(join(root, 'test', 'quirks', name), join(house, 'test', 'quirks', name))
  }
}

/** @returns whether the text was there, once. */
async function mutate(house: string, { path, text, replacement }: Mutation): Promise<boolean> {
  const file = join(house, path)
  const source = await readFile(file, 'utf8').catch(() => '')
  const [before, after, ...more] = source.split(text)
  if (before === undefined || after === undefined || more.length > 0) return false
  await writeFile(file, before + replacement + after)
  return true
}

/** How the tests of a quirk ended in one copy. */
function statuses(report: TestReport, house: string, quirk: number): readonly string[] {
  return report.testResults
    .filter(({ name }) => name.startsWith(join(house, 'test')))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ ancestorTitles: [title] }) => title?.startsWith(`quirk ${quirk}:`))
    .map(({ status }) => status)
}

async function judge(): Promise<readonly Row[]> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'headrace-quirks-')))
  try {
    await symlink(join(root, 'node_modules'), join(scratch, 'node_modules'), 'junction')
    await writeFile(join(scratch, 'vitest.config.mjs'), config)
    const untouched = join(scratch, 'untouched')
    await copyTo(untouched, [...new Set(quirks.map(({ file }) => file))])
    const copies: { quirk: Quirk; mutation: Mutation; house: string; applies: boolean }[] = []
    for (const quirk of quirks) {
      for (const [index, mutation] of quirk.mutations.entries()) {
        const house = join(scratch, `quirk-${quirk.number}-${index}`)
        await copyTo(house, [quirk.file])
        const applies = await mutate(house, mutation)
        if (!applies) await rm(house, { recursive: true })
        copies.push({ quirk, mutation, house, applies })
      }
    }
    const output = join(scratch, 'report.json')
    const run = await runTool('vitest', ['run', '--root', scratch, '--outputFile', output], root)
    const report = await readFile(output, 'utf8').catch(() => {
      throw new Error(`vitest gave no report:\n${run.output}`)
    })
    const results = JSON.parse(report) as TestReport
    return copies.map(({ quirk, mutation: { path, handling }, house, applies }) => {
      const sound = statuses(results, untouched, quirk.number)
      const mutated = statuses(results, house, quirk.number)
      const isSound = sound.length > 0 && sound.every((status) => status === 'passed')
      const verdict: Verdict = !applies
        ? 'stale'
        : !isSound || mutated.length === 0
          ? 'broken'
          : mutated.includes('failed')
            ? 'caught'
            : 'survived'
      return { quirk: quirk.number, path, handling, verdict }
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const words: Readonly<Record<Verdict, string>> = {
  caught: 'yes',
  survived: 'NO, they pass',
  stale: 'NO, the text to delete is not there once',
  broken: 'NO, they do not run or do not pass as they are',
}

const rows = await judge()
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
