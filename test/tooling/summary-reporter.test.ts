import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runTool } from '../../scripts/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const reporter = join(root, 'test', 'support', 'summary-reporter.ts')
let project: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'headrace-summary-'))
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'), 'junction')
})

afterEach(async () => {
  await rm(project, { recursive: true, force: true })
})

/** The last line that vitest prints over these test files, and its exit status. */
async function run(files: Readonly<Record<string, string>>, config = ''): Promise<{ last: string; code: number }> {
  await writeFile(
    join(project, 'vitest.config.mjs'),
    `export default { test: { globals: true, reporters: ['default', ${JSON.stringify(reporter)}], ${config} } }\n`,
  )
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text)
  const { code, output } = await runTool('vitest', ['run'], project)
  return { code, last: output.split('\n').at(-2) ?? '' }
}

describe('the summary, as the last line', () => {
  it('counts what passed, failed and was skipped', async () => {
    const { last, code } = await run({
      'a.test.js': `it('a', () => {})\nit('b', () => {})\nit.skip('c', () => {})\nit.todo('d')\n`,
      'b.test.js': `it('e', () => { throw new Error('no') })\n`,
    })
    expect(last).toBe('2 passed, 1 failed, 2 skipped')
    expect(code).toBe(1)
  })

  it('leaves out skipped tests where there are none', async () => {
    expect(await run({ 'a.test.js': `it('a', () => {})\n` })).toEqual({ last: '1 passed, 0 failed', code: 0 })
  })

  it('counts a file that cannot be loaded and an error outside of any test', async () => {
    const { last } = await run({
      'a.test.js': `import './missing.js'\n`,
      'b.test.js': `it('a', () => {})\nvoid Promise.reject(new Error('lost'))\n`,
    })
    expect(last).toBe('1 passed, 2 failed')
  })

  it('does not call a run without tests a success, nor one whose setup fails', async () => {
    expect((await run({})).last).toBe('0 passed, 1 failed')
    const setup = {
      'a.test.js': `it('a', () => {})\n`,
      'setup.js': `export function setup() { throw new Error('no') }\n`,
    }
    expect(await run(setup, `globalSetup: './setup.js'`)).toEqual({ last: '0 passed, 1 failed', code: 1 })
  })
})
