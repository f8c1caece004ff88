import { expect, it } from 'vitest'

import { MissingPackageError } from '../errors/missing-package-error.js'
import { loadLibrary } from './load-library.js'

const failing = (error: Error) => () => Promise.reject(error)
const notFound = (name: string): Error =>
  Object.assign(new Error(`Cannot find package '${name}' imported from x.js`), { code: 'ERR_MODULE_NOT_FOUND' })

it('loads node-llama-cpp', async () => {
  expect(typeof (await loadLibrary()).getLlama).toBe('function')
})

it('says what to install', async () => {
  const loading = loadLibrary(failing(notFound('node-llama-cpp')))
  await expect(loading).rejects.toBeInstanceOf(MissingPackageError)
  await expect(loading).rejects.toThrow('run `npm install node-llama-cpp`.')
})

it('does not call the package missing when one of its own is, or when it fails', async () => {
  for (const error of [notFound('lifecycle-utils'), new Error('no such symbol')]) {
    await expect(loadLibrary(failing(error))).rejects.toBe(error)
  }
})
