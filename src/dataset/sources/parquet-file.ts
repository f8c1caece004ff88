import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

import type { CompressionCodec, SchemaElement, SchemaTree } from 'hyparquet'

import { FileError } from '../../errors/file-error.js'
import type { ColumnTypes } from '../tables/column-type.js'
import { createValueReader, toDecoded, type ValueReader } from '../tables/parquet-values.js'
import { type InputFile, unreadable } from './input-file.js'

/** A column of a Parquet file, which may be stored in several parts, one a field that holds values. */
export interface ParquetColumn {
  readonly name: string
  readonly node: SchemaTree
  readonly reader: ValueReader
  readonly leaves: readonly ParquetLeaf[]
}

/** A field that holds values. */
export interface ParquetLeaf {
  /** Of its chunks in each group. */
  readonly index: number
  readonly path: readonly string[]
  readonly schemaPath: SchemaTree[]
  readonly element: SchemaElement
}

/** Where the values of a leaf lie in a file, for the rows of one group. */
export interface ParquetChunk {
  readonly start: number
  readonly end: number
  readonly codec: CompressionCodec
}

export interface ParquetGroup {
  readonly firstRow: number
  readonly rows: number
  readonly chunks: readonly ParquetChunk[]
}

/** What the footer of a Parquet file says, as far as reading its rows needs it. */
export interface ParquetFooter {
  readonly rows: number
  readonly columns: readonly ParquetColumn[]
  readonly groups: readonly ParquetGroup[]
  /** The columns' types, where all of them are known. */
  readonly types: ColumnTypes
  readonly hash: string
}

const magic = 'PAR1'
/** In front of the last four bytes stands how long the footer is. */
const tailBytes = 8

/** @throws FileError `FILE_UNREADABLE` when it is no Parquet file, or one that cannot be read. */
export async function readParquetFooter(file: InputFile): Promise<ParquetFooter> {
  let handle: FileHandle
  try {
    handle = await open(file.path)
  } catch (cause) {
    throw unreadable(file.path, cause)
  }
  try {
    const bytes = await readFooterBytes(handle, file)
    return await parseFooter(bytes, file)
  } finally {
    await handle.close()
  }
}

async function readFooterBytes(handle: FileHandle, { path, size }: InputFile): Promise<Buffer> {
  if (size === 0) throw new FileError(`${path} is empty: it should be a Parquet file.`)
  const head = await readAt(handle, path, 0, Math.min(4, size))
  const isParquet = head.toString('latin1') === magic
  const tail = size < tailBytes + 4 ? head : await readAt(handle, path, size - tailBytes, tailBytes)
  const end = tail.toString('latin1', tail.length - 4)
  if (end === 'PARE') throw new FileError(`${path} is encrypted: write it without encryption.`)
  if (!isParquet) throw new FileError(`${path} is not a Parquet file: it does not begin with ${magic}.`)
  const footerBytes = end === magic && size >= tailBytes + 4 ? tail.readUInt32LE(0) : -1
  if (footerBytes < 0 || footerBytes > size - tailBytes - 4) {
    throw new FileError(`${path} is cut off: its end, which says where the columns are, is missing. Copy it again.`)
  }
  return readAt(handle, path, size - tailBytes - footerBytes, footerBytes + tailBytes)
}

async function parseFooter(bytes: Buffer, { path }: InputFile): Promise<ParquetFooter> {
  const [{ parquetMetadata, parquetSchema }, helpers] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/schema.js'),
  ])
  try {
    const metadata = parquetMetadata(toArrayBuffer(bytes), { geoparquet: false })
    const tree = parquetSchema(metadata)
    let leafIndex = 0
    const columns = tree.children.map((node): ParquetColumn => {
      const { name } = node.element
      const reader = createValueReader(node, helpers)
      if (reader === undefined) {
        const { logical_type: logical, converted_type: converted, type } = node.element
        const kind = logical?.type ?? converted ?? type ?? 'nested'
        throw new FileError(`${path} has a column "${name}" of a type (${kind}) that cannot be read: leave it out.`)
      }
      const leaves = leavesOf(node).map((nodes): ParquetLeaf => {
        const leaf = nodes.at(-1) as SchemaTree
        return {
          index: leafIndex++,
          path: leaf.path,
          schemaPath: [tree, ...nodes],
          element: toDecoded(leaf.element),
        }
      })
      return { name, node, reader, leaves }
    })
    let rows = 0
    const groups = metadata.row_groups.map((group): ParquetGroup => {
      const firstRow = rows
      rows += Number(group.num_rows)
      const chunks = group.columns.map(({ meta_data: meta, file_path: elsewhere }): ParquetChunk => {
        if (meta === undefined || elsewhere !== undefined) {
          throw new FileError(`${path} says that its columns are in other files: write them into one file.`)
        }
        const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
        return { start, end: start + Number(meta.total_compressed_size), codec: meta.codec }
      })
      return { firstRow, rows: Number(group.num_rows), chunks }
    })
    const types = columns.flatMap(({ name, reader: { type } }) => (type === undefined ? [] : [[name, type] as const]))
    return { rows, columns, groups, types, hash: createHash('sha256').update(bytes).digest('base64') }
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    throw new FileError(`${path} cannot be read: its footer is damaged (${(cause as Error).message}).`, { cause })
  }
}

/** The ways from a column to each of its leaves. */
function leavesOf(node: SchemaTree): readonly (readonly SchemaTree[])[] {
  if (node.children.length === 0) return [[node]]
  return node.children.flatMap((child) => leavesOf(child).map((rest) => [node, ...rest]))
}

/** @throws FileError `FILE_UNREADABLE` when there are not so many bytes. */
export async function readAt(handle: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  for (let done = 0; done < length;) {
    let bytesRead: number
    try {
      ;({ bytesRead } = await handle.read(buffer, done, length - done, position + done))
    } catch (cause) {
      throw unreadable(path, cause)
    }
    if (bytesRead === 0) throw new FileError(`${path} is cut off: it ends at byte ${position + done}. Copy it again.`)
    done += bytesRead
  }
  return buffer
}

function toArrayBuffer({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}
