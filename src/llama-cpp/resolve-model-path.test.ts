import { resolve } from 'node:path'
import { expect, it, vi } from 'vitest'

import { resolveModelPath } from './resolve-model-path.js'

const uri = 'hf:org/model/file.gguf'
const library = (resolveModelFile: () => Promise<string>) => ({
  resolveModelFile: vi.fn<typeof resolveModelFile>(resolveModelFile),
})
const failing = (message: string) => library(() => Promise.reject(new Error(message)))

it('makes a local path absolute and asks nobody', async () => {
  const unused = failing('asked')
  expect(await resolveModelPath('models/a.gguf', unused)).toBe(resolve('models/a.gguf'))
  expect(unused.resolveModelFile).not.toHaveBeenCalled()
})

it('downloads from the Hub, silently', async () => {
  const there = library(() => Promise.resolve('/cache/file.gguf'))
  expect(await resolveModelPath(uri, there, { modelsDirectory: '/cache' })).toBe('/cache/file.gguf')
  expect(there.resolveModelFile).toHaveBeenCalledWith(uri, { cli: false, directory: '/cache' })
})

it.each(['hf:', 'hf:model.gguf', 'hf:org/a b'])('refuses %j', async (address) => {
  await expect(resolveModelPath(address, failing('asked'))).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    option: 'modelPath',
  })
})

it('says that there is no network', async () => {
  const loading = resolveModelPath(uri, failing('fetch failed'))
  await expect(loading).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
  await expect(loading).rejects.toThrow(`${uri} is not on this machine and could not be downloaded (fetch failed)`)
})

it('says that there is no such model', async () => {
  const loading = resolveModelPath(uri, failing('Failed to get manifest: 404 Not Found'))
  await expect(loading).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
})

it('says that it was aborted', async () => {
  const loading = resolveModelPath(uri, failing('aborted'), { signal: AbortSignal.abort() })
  await expect(loading).rejects.toMatchObject({ code: 'ABORTED' })
})
