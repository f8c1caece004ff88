import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ModelFileError } from '../errors/model-file-error.js'
import { readGgufHeader } from './gguf-header.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-gguf-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, 'model.gguf')
  await writeFile(path, bytes)
  return path
}

function header(version: number, tensorCount = 1n): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.write('GGUF')
  bytes.writeUInt32LE(version, 4)
  bytes.writeBigUInt64LE(tensorCount, 8)
  bytes.writeBigUInt64LE(7n, 16)
  return bytes
}

describe('readGgufHeader', () => {
  it('reads the demo model', async () => {
    const path = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))
    const { version, tensorCount, metadataCount, fileBytes } = await readGgufHeader(path)
    expect([version, tensorCount > 10, metadataCount > 10, fileBytes > 2_000_000]).toEqual([3, true, true, true])
  })

  it('takes versions 2 and 3', async () => {
    expect((await readGgufHeader(await file(header(2)))).version).toBe(2)
    expect(await readGgufHeader(await file(header(3)))).toEqual({
      version: 3,
      tensorCount: 1,
      metadataCount: 7,
      fileBytes: 24,
    })
  })

  it.each([
    ['nothing', '', 'is empty: download it again.'],
    ['a beginning', 'GG', 'is cut off after 2 bytes: download it again.'],
    ['half a header', header(3).subarray(0, 20), 'is cut off after 20 bytes: download it again.'],
    ['version 1', header(1), 'is of GGUF version 1, and only versions 2 and 3 are known: get it in version 3.'],
    [
      'the other byte order',
      header(0x03000000),
      'is for machines with the other byte order: get its little-endian form.',
    ],
    ['no tensors', header(3, 0n), 'holds no tensors, only metadata: get the whole model.'],
    [
      'another format',
      'PK\u0003\u0004zip',
      'is not a GGUF file, it begins with "PK\\u0003\\u0004zip": give a .gguf model, or convert this one.',
    ],
    [
      'a pointer',
      'version https://git-lfs.github.com/spec/v1\n',
      'is a Git LFS pointer instead of the model: run `git lfs pull`, or download the file itself.',
    ],
  ])('says of %s what it is', async (_, bytes, sentence) => {
    const reading = readGgufHeader(await file(bytes))
    await expect(reading).rejects.toBeInstanceOf(ModelFileError)
    await expect(reading).rejects.toThrow(sentence)
  })

  it('says of a missing file that it is missing', async () => {
    const reading = readGgufHeader(join(folder, 'none.gguf'))
    await expect(reading).rejects.toThrow(`The model file ${join(folder, 'none.gguf')} does not exist: check the path.`)
    await expect(reading).rejects.toMatchObject({ code: 'MODEL_FILE' })
  })

  it('says of a directory that it is one', async () => {
    await mkdir(join(folder, 'models'))
    await expect(readGgufHeader(join(folder, 'models'))).rejects.toThrow('is a directory, not a model file')
  })
})
