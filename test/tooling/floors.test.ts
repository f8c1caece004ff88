import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { runTool } from '../../scripts/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const allowed: Readonly<Record<string, string>> = {
  'src/errors/broken.ts': `export class Broken extends Error {}`,
  'src/contract/part.ts': `import type { Broken } from '../errors/broken.js'\nexport type Part = Broken`,
  'src/transport/send.ts': `import { Agent } from 'undici'\nexport const agent: Agent = new Agent()`,
  'src/dialects/xinference/read.ts': `export const read = (): number => 1`,
  'src/xinference/model.ts': `import { read } from '../dialects/xinference/read.js'\nexport const model: number = read()`,
  'src/llama-cpp/engine.ts': `import type { Llama } from 'node-llama-cpp'\nexport const load = async (): Promise<unknown> => import('node-llama-cpp')\nexport type Engine = Llama`,
  'src/serve/listen.ts': `import { Hono } from 'hono'\nimport { model } from '../xinference/model.js'\nexport const app: Hono = new Hono()\nexport const port: number = model`,
  'src/from-json.ts': `import { model } from './xinference/model.js'\nexport const again: number = model`,
  'src/errors/broken.test.ts': `import { model } from '../xinference/model.js'\nexport const copy: number = model`,
}

const refused: readonly (readonly [what: string, file: string, text: string, message: RegExp])[] = [
  ['up, from the ground', 'src/errors/up.ts', `import type { A } from '../contract/a.js'`, /not import src\/contract/],
  ['a value in the contract', 'src/contract/value.ts', `import { A } from '../errors/a.js'`, /types only/],
  ['up, by a type', 'src/transport/up.ts', `import type { A } from '../llm/a.js'`, /not import src\/llm/],
  ['up, by a type expression', 'src/output/up.ts', `export type A = import('../llm/a.js').A`, /not import src\/llm/],
  ['the base class from a dialect', 'src/dialects/tgi/up.ts', `import '../../llm/a.js'`, /not import src\/llm/],
  ['the wire from a dialect', 'src/dialects/tgi/wire.ts', `import '../../transport/a.js'`, /not import src\/transport/],
  ['a namesake', 'src/dialects/xinference/up.ts', `import '../../xinference/a.js'`, /not import src\/xinference/],
  ['a dialect from the base class', 'src/llm/dialect.ts', `import '../dialects/tgi/a.js'`, /not import src\/dialects/],
  ['the core from a room', 'src/llm/core.ts', `export { A } from '../index.js'`, /not import src\/index\.ts/],
  ['what stands beside the core', 'src/llm/beside.ts', `import '../from-json.js'`, /not import src\/index\.ts/],
  ['a neighbour', 'src/xinference/neighbour.ts', `import '../huggingface/a.js'`, /not import src\/huggingface/],
  ['the engine in the core', 'src/index.ts', `export { A } from './llama-cpp/a.js'`, /not import src\/llama-cpp/],
  ['the server in the core', 'src/index.ts', `export const a = () => import('./serve/a.js')`, /not import src\/serve/],
  ['a file outside', 'src/llm/outside.ts', `import '../../test/a.js'`, /leaves src/],
  ['the package itself', 'src/serve/itself.ts', `import { A } from 'headrace'`, /relative paths/],
  ['a room without a floor', 'src/attic/a.ts', `import './b.js'`, /no room of the house/],
  ['undici outside the transport', 'src/llm/undici.ts', `import 'undici'`, /belongs to src\/transport/],
  ['hono outside the server', 'src/cli/hono.ts', `import { A } from 'hono/client'`, /belongs to src\/serve/],
  ['commander outside the command', 'src/serve/commander.ts', `import 'commander'`, /belongs to src\/cli/],
  ['a static import of the engine', 'src/llama-cpp/eager.ts', `import { A } from 'node-llama-cpp'`, /is optional/],
  ['export *', 'src/llm/star.ts', `export * from './b.js'`, /Name what is exported/],
  ['a default export', 'src/llm/default.ts', `export default 1`, /named exports/],
  ['any', 'src/llm/any.ts', `export const a = (b: any): unknown => b`, /any/],
  ['a lost promise', 'src/llm/lost.ts', `export function a(): void {\n  Promise.reject(new Error('b'))\n}`, /Promise/],
  ['a circle', 'src/llm/a.ts', `import { b } from './b.js'\nexport const a = (): number => b()`, /cycle/],
  ['a circle', 'src/llm/b.ts', `import { a } from './a.js'\nexport const b = (): number => a()`, /cycle/],
  ['a circle of types', 'src/output/a.ts', `import type { B } from './b.js'\nexport type A = B[]`, /cycle/],
  ['a circle of types', 'src/output/b.ts', `import type { A } from './a.js'\nexport type B = A[]`, /cycle/],
]

/** What the linter says about each file, in a house with the project's own rules and nothing but the files above. */
const problems: { readonly filename: string; readonly message: string }[] = []
let house: string

beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'headrace-floors-'))
  for (const path of ['.oxlintrc.json', 'scripts/oxlint-plugin.js', 'package.json', 'tsconfig.json']) {
    await cp(join(root, path), join(house, path))
  }
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'), 'junction')
  const files = new Map(Object.entries(allowed))
  for (const [, file, text] of refused) files.set(file, `${files.get(file) ?? ''}${text}\n`)
  for (const [file, text] of files) {
    await mkdir(dirname(join(house, file)), { recursive: true })
    await writeFile(join(house, file), text)
  }
  const { output } = await runTool('oxlint', ['-f', 'json', 'src'], house)
  const report = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
    diagnostics: typeof problems
  }
  problems.push(...report.diagnostics)
})

afterAll(async () => {
  await rm(house, { recursive: true, force: true })
})

describe('the rules of the house', () => {
  it.each(Object.keys(allowed))('allow what %s does', (file) => {
    expect(problems.filter((problem) => problem.filename === file)).toEqual([])
  })

  it.each(refused)('refuse %s (%s)', (_what, file, _text, message) => {
    const messages = problems.filter((problem) => problem.filename === file).map((problem) => problem.message)
    expect(messages).toContainEqual(expect.stringMatching(message))
  })
})
