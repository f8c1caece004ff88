/** Names in JSON outlive a bundler that renames every class. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { fromJSON, type SerializedLLM, Xinference } from '../../src/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const program = `
import { ConnectionError, fromJSON, isHeadraceError, LLM, Xinference } from '${join(root, 'src/index.js').replaceAll('\\', '/')}'
const llm = new Xinference({ modelUid: 'my-qwen', temperature: 0.5, apiKey: 'MARKED', headers: { 'x-org': 'MARKED' } })
const text = JSON.stringify(llm)
const again = fromJSON(JSON.parse(text))
const foreign = fromJSON(JSON.parse(process.argv[2]))
const error = new ConnectionError('Told.')
process.stdout.write(JSON.stringify({
  constructorName: Xinference.name,
  text,
  again,
  isXinference: again instanceof Xinference && again instanceof LLM,
  foreign,
  error: { name: error.name, code: error.code, text: String(error), isHeadraceError: isHeadraceError(error) },
}))
`

interface Report {
  readonly constructorName: string
  readonly text: string
  readonly again: SerializedLLM
  readonly isXinference: boolean
  readonly foreign: SerializedLLM
  readonly error: {
    readonly name: string
    readonly code: string
    readonly text: string
    readonly isHeadraceError: boolean
  }
}

const own = new Xinference({ modelUid: 'from-outside', maxTokens: 7 })
let folder: string
let report: Report

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  folder = await mkdtemp(join(root, '.cache', 'minified-'))
  const outfile = join(folder, 'bundle.mjs')
  await writeFile(join(folder, 'program.mjs'), program)
  await build({
    entryPoints: [join(folder, 'program.mjs')],
    outfile,
    bundle: true,
    minify: true,
    keepNames: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  })
  const { stdout } = await promisify(execFile)(process.execPath, [outfile, JSON.stringify(own)])
  report = JSON.parse(stdout) as Report
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('a minified bundle', () => {
  it('has other names for its classes', () => {
    expect(report.constructorName).not.toBe('Xinference')
  })

  it('reads what it wrote', () => {
    expect(report.isXinference).toBe(true)
    expect(report.again).toEqual(JSON.parse(report.text))
  })

  it('reads what others wrote, and they read what it wrote', () => {
    expect(report.foreign).toEqual(JSON.parse(JSON.stringify(own)))
    const json = JSON.parse(report.text) as SerializedLLM
    expect(json.className).toBe('Xinference_llm')
    expect(fromJSON(json)).toBeInstanceOf(Xinference)
    expect(report.text).not.toContain('MARKED')
  })

  it('keeps the names and codes of errors', () => {
    expect(report.error).toEqual({
      name: 'ConnectionError',
      code: 'CONNECTION_FAILED',
      text: 'ConnectionError: Told.',
      isHeadraceError: true,
    })
  })
})
