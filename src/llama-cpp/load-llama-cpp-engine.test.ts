import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { CanonicalRequest } from '../contract/engine.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import { ModelFileError } from '../errors/model-file-error.js'
import { gpuCandidates } from './backend.js'
import { loadLlamaCppEngine } from './load-llama-cpp-engine.js'
import type { LoadLlamaCppEngineOptions } from './loading-options.js'

const demo = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
let folder: string
let whole: Buffer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-llama-'))
  whole = await readFile(demo)
})
afterAll(() => rm(folder, { recursive: true }))

async function model(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'model.gguf')
  await writeFile(path, bytes)
  return path
}

function replaced(from: string, to: string): Buffer {
  const bytes = Buffer.from(whole)
  bytes.write(to, bytes.indexOf(from))
  return bytes
}

describe('a broken model', () => {
  it.each([
    [
      'without its end',
      () => whole.subarray(0, whole.length / 2),
      /is cut off or damaged \(.*\): download it again\.$/,
    ],
    ['cut off in its metadata', () => whole.subarray(0, 5000), /cut off or damaged/],
    [
      'of an unknown kind',
      () => replaced('llama', 'xlama'),
      /cannot be loaded \(unknown model architecture: 'xlama'\)/,
    ],
  ])('%s is named', async (_, bytes, message) => {
    const modelPath = await model(bytes())
    const loading = loadLlamaCppEngine({ modelPath })
    await expect(loading).rejects.toBeInstanceOf(ModelFileError)
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toThrow(modelPath)
  })

  it('does not keep a whole one from being loaded', async () => {
    await expect(loadLlamaCppEngine({ modelPath: join(folder, 'none.gguf') })).rejects.toThrow(ModelFileError)
    const engine = await loadLlamaCppEngine({ modelPath: demo })
    await engine.dispose()
  })
})

describe('options', () => {
  it('are chosen for a tiny model: its window, 8 sequences, one thread', async () => {
    const engine = await loadLlamaCppEngine({ modelPath: demo })
    expect(engine).toMatchObject({ contextWindow: 1024, parallel: 8, threads: 1 })
    await engine.dispose()
  })

  it('are taken as given', async () => {
    const engine = await loadLlamaCppEngine({
      modelPath: demo,
      contextWindow: 100,
      parallel: 3,
      threads: 2,
      gpu: 'auto',
    })
    expect(engine).toMatchObject({ contextWindow: 100, parallel: 3, threads: 2 })
    await engine.dispose()
  })

  it.each<[options: Partial<LoadLlamaCppEngineOptions>, message: string | RegExp]>([
    [{ contextWindow: 1025 }, 'contextWindow is 1025, and the model was trained for 1024 tokens: lower it.'],
    [{ parallel: 257 }, 'parallel is 257, and llama.cpp takes at most 256: lower it.'],
    [{ gpu: process.platform === 'darwin' ? 'cuda' : 'metal' }, /gpu is '\w+', and no such device can be used here/],
  ])('that the model or the memory does not hold are refused: %j', async (options, message) => {
    const loading = loadLlamaCppEngine({ modelPath: demo, ...options })
    await expect(loading).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(loading).rejects.toThrow(message)
  })

  it('can abort the loading', async () => {
    const loading = loadLlamaCppEngine({ modelPath: demo, signal: AbortSignal.abort('no more') })
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED', cause: 'no more' })
  })
})

it('a model without a chat template cannot chat, and continues text', async () => {
  const modelPath = await model(replaced('tokenizer.chat_template', 'tokenizer.chat_tamplete'))
  const engine = await loadLlamaCppEngine({ modelPath })
  expect(engine.chatTemplate).toBeUndefined()
  expect(engine.capabilities).toMatchObject({ chat: false, completion: true })
  const request: Pick<CanonicalRequest, 'messages' | 'prompt' | 'options'> = {
    messages: [{ role: 'user', content: 'Hi' }],
    prompt: 'Hi',
    options: {},
  }
  expect(() => engine.tokenizePrompt({ kind: 'chat', ...request })).toThrow(ModelAbilityError)
  expect(engine.tokenizePrompt({ kind: 'completion', ...request }).text).toBe('Hi')
  await engine.dispose()
})

it.each([
  ['auto', 0, ['cuda', false], ['cuda', false]],
  [undefined, 1e9, ['cuda', false], ['cuda', false]],
  [undefined, 1e6, ['cuda', false], [false]],
  [undefined, 1e6, ['metal'], ['metal']],
  [false, 1e9, ['cuda', false], [false]],
  ['vulkan', 0, ['cuda', 'vulkan', false], ['vulkan']],
] as const)('a GPU is used as asked for, or by size: %s, %d bytes, %j', (choice, bytes, present, expected) => {
  expect(gpuCandidates(choice, bytes, present)).toEqual(expected)
})

describe('a process', () => {
  const script = (end: string): string => `
    import { loadLlamaCppEngine } from ${JSON.stringify(new URL('load-llama-cpp-engine.ts', import.meta.url).href)}
    const engine = await loadLlamaCppEngine({ modelPath: ${JSON.stringify(demo)} })
    const done = () => {}
    await new Promise((end) => engine.start(
      { kind: 'completion', prompt: 'The capital', options: { temperature: 0 }, stream: true },
      { sent: done, activity: done, text: done, finish: done, usage: done, model: done, raw: done, warn: done, end },
    ))
    ${end}`

  it('ends by itself, having written nothing, whether or not it disposed of its engine', async () => {
    const outputs = await Promise.all(
      ['await engine.dispose()', ''].map(async (end) => {
        const flags = ['--import', 'tsx', '--input-type=module', '--eval', script(end)]
        const { stdout, stderr } = await promisify(execFile)(process.execPath, flags, { timeout: 15_000 })
        return stdout + stderr
      }),
    )
    expect(outputs).toEqual(['', ''])
  })
})
