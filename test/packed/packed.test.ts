import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build as bundle } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { runTool } from '../../scripts/run-tool.js'
import { type Installation, installPacked, link } from './install.js'

/** What `import 'headrace'` may load. Whatever else a feature needs is loaded when the feature is used. */
const corePackages = ['headrace', 'eventsource-parser', 'fastest-levenshtein', 'undici', 'zod']

let project: Installation

beforeAll(async () => {
  project = await installPacked()
  await link('@types/node', project.folder)
  await cp(fileURLToPath(new URL('consumer', import.meta.url)), project.folder, { recursive: true })
  await writeFile(join(project.folder, 'package.json'), '{ "type": "module" }\n')
})

afterAll(async () => {
  await project.remove()
})

async function node(...args: readonly string[]): Promise<string> {
  const { code, output } = await runTool(process.execPath, args, project.folder)
  expect(code, output).toBe(0)
  return output
}

/** The package that a file belongs to, and the file's path inside it. */
function locate(path: string): { readonly name: string; readonly file: string } {
  const inside = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const name = inside.split('/', inside.startsWith('@') ? 2 : 1).join('/')
  return { name, file: inside.slice(name.length + 1) }
}

/** Every file that importing this entry point loads. */
async function loadedBy(entry: string): Promise<readonly { readonly name: string; readonly file: string }[]> {
  await writeFile(join(project.folder, 'entry.mjs'), `import '${entry}'\n`)
  const output = await node('--import', './record-modules.mjs', 'entry.mjs')
  const paths = [...output.matchAll(/^loaded file:\/\/(.*)$/gm)].map(([, path = '']) => decodeURIComponent(path))
  return paths.filter((path) => path.includes('node_modules/')).map(locate)
}

const namesOf = (files: readonly { readonly name: string }[]): string[] => [...new Set(files.map(({ name }) => name))]

describe('the tarball', () => {
  it('holds what its users need and nothing else', () => {
    const paths = project.files.map(({ path }) => path)
    const needed = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'models/demo/README.md',
      'models/demo/demo.gguf',
      'models/demo/tokenizer.json',
      'models/demo/tokenizer_config.json',
    ]
    expect(needed.filter((path) => !paths.includes(path))).toEqual([])
    const foreign = paths.filter((path) => !/^(dist\/|models\/demo\/|[A-Z]+(\.md)?$|package\.json$)/.test(path))
    expect(foreign).toEqual([])
    expect(paths.filter((path) => /\.test|\.map$|(?<!\.d)\.ts$/.test(path))).toEqual([])
  })

  it('has every file that package.json promises', () => {
    const { bin, exports } = project.manifest
    const entries = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? entry : Object.values(entry),
    )
    const promised = [...entries, ...Object.values(bin)].map((path) => path.replace(/^\.\//, ''))
    const paths = project.files.map(({ path }) => path)
    expect(promised.filter((path) => !paths.includes(path))).toEqual([])
  })

  it('names no path of the machine that built it', async () => {
    const here = fileURLToPath(new URL('../..', import.meta.url))
    const texts = await Promise.all(project.files.map(({ path }) => readFile(join(project.packageFolder, path))))
    expect(project.files.filter((_file, index) => texts[index]?.includes(here))).toEqual([])
  })
})

describe('the entry points', () => {
  it("import 'headrace' loads nothing heavy", async () => {
    const loaded = await loadedBy('headrace')
    expect(namesOf(loaded).filter((name) => !corePackages.includes(name))).toEqual([])
    expect(namesOf(loaded)).toContain('headrace')
    expect(namesOf(loaded), 'CommonJS modules are seen too').toContain('undici')
    const rooms = loaded.filter(({ name }) => name === 'headrace').map(({ file }) => file.split('/')[1])
    expect(rooms).toContain('index.js')
    for (const room of ['cli', 'serve', 'llama-cpp']) expect(rooms).not.toContain(room)
  })

  it("import 'headrace' can be bundled, without what it loads lazily", async () => {
    const { metafile, outputFiles } = await bundle({
      stdin: { contents: `export { Xinference } from 'headrace'`, resolveDir: project.folder },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      metafile: true,
      write: false,
      logLevel: 'silent',
      splitting: true,
      outdir: 'bundle',
    })
    const entry = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === '<stdin>')
    const packages = namesOf(
      Object.keys(entry?.inputs ?? {})
        .filter((path) => path.includes('node_modules/'))
        .map(locate),
    )
    expect(outputFiles.length).toBeGreaterThan(0)
    const tables = ['hyparquet', 'hyparquet-compressors', 'hyparquet-writer', 'papaparse', 'yaml']
    for (const name of ['hono', '@hono/node-server', 'commander', 'cli-progress', 'node-llama-cpp', 'ajv', ...tables]) {
      expect(packages).not.toContain(name)
    }
  })

  it("import 'headrace/llama-cpp' works without node-llama-cpp, and its use says what to install", async () => {
    const loaded = await loadedBy('headrace/llama-cpp')
    for (const name of ['hono', 'commander', 'cli-progress']) expect(namesOf(loaded)).not.toContain(name)
    const model = join(project.packageFolder, 'models', 'demo', 'demo.gguf')
    const error = JSON.parse(await node('missing-package.mjs', model)) as { code: string; message: string }
    expect(error.code).toBe('MISSING_PACKAGE')
    expect(error.message).toContain('npm install node-llama-cpp')
  })

  it("import 'headrace/serve' does not load the command", async () => {
    const loaded = await loadedBy('headrace/serve')
    for (const name of ['commander', 'cli-progress', 'node-llama-cpp']) expect(namesOf(loaded)).not.toContain(name)
  })
})

describe('the command', () => {
  const command = (): string => join(project.packageFolder, project.manifest.bin['headrace'] ?? '')

  it('is a program', async () => {
    const packed = project.files.find(({ path }) => path === project.manifest.bin['headrace'])
    expect((packed?.mode ?? 0) & 0o111).toBe(0o111)
    if (process.platform === 'win32') return
    const { code, output } = await runTool(command(), ['--version'], project.folder)
    expect({ code, output }).toEqual({ code: 0, output: `${project.manifest.version}\n` })
  })

  it('knows its version, and helps', async () => {
    expect(await node(command(), '--version')).toBe(`${project.manifest.version}\n`)
    expect(await node(command(), '--help')).toMatch(/^Usage: headrace /m)
  })
})

describe('the declarations', () => {
  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('compile in a strict consumer (%s)', async (name, options) => {
    const config = `tsconfig.${name}.json`
    const compilerOptions = {
      ...options,
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      types: ['node'],
      noEmit: true,
    }
    await writeFile(join(project.folder, config), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
    const { code, output } = await runTool(process.execPath, [tsc, '-p', config], project.folder)
    expect(output).toBe('')
    expect(code).toBe(0)
  })
})
