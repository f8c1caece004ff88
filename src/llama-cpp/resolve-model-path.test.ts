import { resolve } from 'node:path'
import { expect, it, vi } from 'vitest'

import { resolveModelPath } from './resolve-model-path.js'

const uri = 'hf:org/model/folder/file.gguf'

/** A library whose models directory holds the file, or not, and that downloads it when it may. */
function library(isThere: boolean): { resolveModelFile: ReturnType<typeof vi.fn<typeof resolveFile>> } {
  const resolveFile = (_: string, options?: { readonly download?: 'auto' | false } | string): Promise<string> =>
    !isThere && typeof options === 'object' && options.download === false
      ? Promise.reject(new Error('No model file found and download is disabled'))
      : Promise.resolve('/cache/file.gguf')
  return { resolveModelFile: vi.fn<typeof resolveFile>(resolveFile) }
}

function hub(answer: number | Error): ReturnType<typeof vi.fn<typeof fetch>> {
  const asked = vi.fn<typeof fetch>(() =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(new Response(null, { status: answer })),
  )
  vi.stubGlobal('fetch', asked)
  return asked
}

it('makes a local path absolute and asks nobody', async () => {
  const unused = library(false)
  expect(await resolveModelPath('models/a.gguf', unused)).toBe(resolve('models/a.gguf'))
  expect(unused.resolveModelFile).not.toHaveBeenCalled()
})

it('takes what was downloaded before, without a network', async () => {
  const asked = hub(new TypeError('fetch failed'))
  expect(await resolveModelPath(uri, library(true))).toBe('/cache/file.gguf')
  expect(asked).not.toHaveBeenCalled()
})

it('downloads from the Hub, silently', async () => {
  vi.stubEnv('HF_TOKEN', 'secret')
  vi.stubEnv('HF_ENDPOINT', 'https://hub.example')
  const asked = hub(302)
  const files = library(false)
  expect(await resolveModelPath(uri, files, { modelsDirectory: '/cache' })).toBe('/cache/file.gguf')
  expect(files.resolveModelFile).toHaveBeenLastCalledWith(uri, { cli: false, directory: '/cache' })
  expect(asked.mock.calls[0]?.[0]).toEqual(new URL('https://hub.example/org/model/resolve/main/folder/file.gguf'))
  expect(asked.mock.calls[0]?.[1]).toMatchObject({ redirect: 'manual', headers: { authorization: 'Bearer secret' } })
})

it('asks for the repository when no file is named', async () => {
  const asked = hub(200)
  expect(await resolveModelPath('hf:org/model:Q4_K_M', library(false))).toBe('/cache/file.gguf')
  expect(asked.mock.calls[0]?.[0]).toMatchObject({ pathname: '/api/models/org/model' })
})

it.each(['hf:', 'hf:model.gguf', 'hf:org/a b'])('refuses %j', async (address) => {
  await expect(resolveModelPath(address, library(false))).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    option: 'modelPath',
  })
})

it.each([
  [
    new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND huggingface.co') }),
    'CONNECTION_FAILED',
    'could not be downloaded (fetch failed: getaddrinfo ENOTFOUND huggingface.co): check the network',
  ],
  [503, 'CONNECTION_FAILED', 'could not be downloaded (the Hub answered with status 503)'],
  [404, 'MODEL_NOT_FOUND', `The Hub has no ${uri}, or it is not public (status 404): check the name, or set HF_TOKEN.`],
])('says what is wrong: %s', async (answer, code, message) => {
  hub(answer)
  const files = library(false)
  const loading = resolveModelPath(uri, files)
  await expect(loading).rejects.toMatchObject({ code })
  await expect(loading).rejects.toThrow(message)
  expect(files.resolveModelFile).toHaveBeenCalledTimes(1)
})

it('says that it was aborted', async () => {
  hub(new Error('aborted'))
  const loading = resolveModelPath(uri, library(false), { signal: AbortSignal.abort('enough') })
  await expect(loading).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
})
