import { type FileHandle, open } from 'node:fs/promises'

import { ModelFileError } from '../errors/model-file-error.js'

/** What the first bytes of a GGUF file say. */
export interface GgufHeader {
  readonly version: number
  readonly tensorCount: number
  readonly metadataCount: number
  /** Of the whole file. */
  readonly fileBytes: number
}

/** Magic, version, number of tensors, number of metadata entries; see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
const headerBytes = 24
const versions: readonly number[] = [2, 3]

/**
 * Reads a GGUF file's header, so that a wrong file is named for what it is before llama.cpp sees it.
 *
 * @throws HeadraceError `MODEL_FILE` when the file is missing, unreadable, empty, cut off, something else, or of
 * another version.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const status = await file.stat()
    if (status.isDirectory()) {
      throw new ModelFileError(`${path} is a directory, not a model file: give the path of a .gguf file in it.`)
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)
    return parseHeader(buffer.subarray(0, bytesRead), status.size, path)
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause
    throw unreadable(path, cause)
  } finally {
    await file?.close()
  }
}

function parseHeader(bytes: Buffer, fileBytes: number, path: string): GgufHeader {
  if (fileBytes === 0) throw new ModelFileError(`The model file ${path} is empty: download it again.`)
  const magic = bytes.toString('latin1', 0, 4)
  if (magic !== 'GGUF'.slice(0, magic.length)) throw notGguf(bytes, path)
  if (bytes.length < headerBytes) {
    throw new ModelFileError(`The model file ${path} is cut off after ${fileBytes} bytes: download it again.`)
  }
  const version = bytes.readUInt32LE(4)
  if (!versions.includes(version)) {
    const isSwapped = versions.includes(bytes.readUInt32BE(4))
    throw new ModelFileError(
      isSwapped
        ? `The model file ${path} is for machines with the other byte order: get its little-endian form.`
        : `The model file ${path} is of GGUF version ${version}, and only versions 2 and 3 are known: get it in version 3.`,
    )
  }
  const tensorCount = Number(bytes.readBigUInt64LE(8))
  if (tensorCount === 0) {
    throw new ModelFileError(`The model file ${path} holds no tensors, only metadata: get the whole model.`)
  }
  return { version, tensorCount, metadataCount: Number(bytes.readBigUInt64LE(16)), fileBytes }
}

function notGguf(bytes: Buffer, path: string): ModelFileError {
  const beginning = JSON.stringify(bytes.toString('latin1', 0, 8))
  return new ModelFileError(
    bytes.toString('latin1').startsWith('version https://git')
      ? `${path} is a Git LFS pointer instead of the model: run \`git lfs pull\`, or download the file itself.`
      : `${path} is not a GGUF file, it begins with ${beginning}: give a .gguf model, or convert this one.`,
  )
}

function unreadable(path: string, cause: unknown): ModelFileError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ModelFileError(`The model file ${path} does not exist: check the path.`, { cause })
  }
  return new ModelFileError(
    `The model file ${path} cannot be read (${String(code ?? cause)}): check its permissions.`,
    {
      cause,
    },
  )
}
