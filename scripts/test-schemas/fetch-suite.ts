import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { runTool } from '../run-tool.js'

/** The source package of Python's validator, which has the suite of its day in it (370 kB). */
const version = '4.26.0'

/**
 * The folder of the JSON-Schema-Test-Suite with all drafts, downloaded once into `.cache`: npm has it up to draft 4 only, since
 * `@json-schema-org/tests` leads to a git repository. Without Python's pip or the network: `undefined`.
 */
export async function fetchSuite(root: string): Promise<string | undefined> {
  const cache = join(root, '.cache', 'schemas')
  const folder = join(cache, `suite-${version}`)
  if (existsSync(folder)) return folder
  const download = join(cache, 'download')
  await mkdir(download, { recursive: true })
  const python = process.env['HEADRACE_PYTHON'] ?? 'python3'
  const steps: readonly (readonly [string, ...string[]])[] = [
    [
      python,
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--no-binary',
      'jsonschema',
      '--dest',
      download,
      `jsonschema==${version}`,
    ],
    ['tar', '-xzf', join(download, `jsonschema-${version}.tar.gz`), '-C', download],
  ]
  for (const [name, ...args] of steps) {
    const { code, output } = await runTool(name, args, root)
    if (code === 0) continue
    process.stderr.write(`${output.trim().split('\n').at(-1) ?? ''}\n`)
    return undefined
  }
  await rename(join(download, `jsonschema-${version}`, 'json'), folder)
  await rm(download, { recursive: true })
  return (await readdir(folder)).includes('tests') ? folder : undefined
}
