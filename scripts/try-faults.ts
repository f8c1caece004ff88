import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A change of the sources: `text` of `path`, which stands there once, gives way to `replacement`. */
export interface Fault {
  readonly path: string
  readonly text: string
  readonly replacement: string
}

/** A fault, and the tests that ought to see it: those of a file below a `describe` whose title begins so. */
export interface Trial {
  readonly fault: Fault
  /** `test/quirks/deltas.test.ts` */
  readonly file: string
  readonly title: string
  /** Further changes of the copy, which leave fewer tests to run. */
  readonly narrow?: (house: string) => Promise<void>
}

/**
 * - `caught`: its tests pass on the sources as they are and fail with the fault
 * - `survived`: they pass with it as well
 * - `stale`: the text to change is not there, or more than once
 * - `broken`: they fail on the sources as they are, or cannot run with the fault
 */
export type Verdict = 'caught' | 'survived' | 'stale' | 'broken'

interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly ancestorTitles: readonly string[]; readonly status: string }[]
  }[]
}

const config = `export default {
  test: { include: ['*/test/**/*.test.ts'], testTimeout: 5000, hookTimeout: 5000, reporters: ['json'] },
}
`

/**
 * Runs each trial's tests on a copy of the sources with its fault, and on one without; the working tree is not touched.
 *
 * @param folders - Those of `test` that the tests need besides themselves.
 */
export async function tryFaults(trials: readonly Trial[], folders: readonly string[]): Promise<readonly Verdict[]> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'headrace-faults-')))
  try {
    await symlink(join(root, 'node_modules'), join(scratch, 'node_modules'), 'junction')
    await writeFile(join(scratch, 'vitest.config.mjs'), config)
    const untouched = join(scratch, 'untouched')
    await copyTo(untouched, folders, [...new Set(trials.map(({ file }) => file))])
    const houses: (string | undefined)[] = []
    for (const [index, { fault, file, narrow }] of trials.entries()) {
      const house = join(scratch, `fault-${index}`)
      await copyTo(house, folders, [file])
      await narrow?.(house)
      const applies = await apply(house, fault)
      if (!applies) await rm(house, { recursive: true })
      houses.push(applies ? house : undefined)
    }
    const output = join(scratch, 'report.json')
    const run = await runTool('vitest', ['run', '--root', scratch, '--outputFile', output], root)
    const report = await readFile(output, 'utf8').catch(() => {
      throw new Error(`vitest gave no report:\n${run.output}`)
    })
    const results = JSON.parse(report) as TestReport
    return trials.map((trial, index): Verdict => {
      const house = houses[index]
      if (house === undefined) return 'stale'
      const sound = statuses(results, untouched, trial)
      const faulty = statuses(results, house, trial)
      const isSound = sound.length > 0 && sound.every((status) => status !== 'failed')
      if (!isSound || faulty.length === 0) return 'broken'
      return faulty.includes('failed') ? 'caught' : 'survived'
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A copy of the sources with the tests of some files; the models are too large for one and stay where they are. */
async function copyTo(house: string, folders: readonly string[], files: readonly string[]): Promise<void> {
  const isSource = (path: string): boolean => !path.endsWith('.test.ts')
  await cp(join(root, 'src'), join(house, 'src'), { recursive: true, filter: isSource })
  await symlink(join(root, 'models'), join(house, 'models'), 'junction')
  for (const folder of folders) {
    await cp(join(root, 'test', folder), join(house, 'test', folder), { recursive: true, filter: isSource })
  }
  for (const file of files) {
    await mkdir(join(house, dirname(file)), { recursive: true })
    await cp(join(root, file), join(house, file))
  }
}

/** @returns whether the text was there, once. */
async function apply(house: string, { path, text, replacement }: Fault): Promise<boolean> {
  const file = join(house, path)
  const source = await readFile(file, 'utf8').catch(() => '')
  const [before, after, ...more] = source.split(text)
  if (before === undefined || after === undefined || more.length > 0) return false
  await writeFile(file, before + replacement + after)
  return true
}

/** How the tests of a trial ended in one copy. */
function statuses(report: TestReport, house: string, { file, title }: Trial): readonly string[] {
  return report.testResults
    .filter(({ name }) => name === join(house, file))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ ancestorTitles: [first] }) => first?.startsWith(title))
    .map(({ status }) => status)
}
