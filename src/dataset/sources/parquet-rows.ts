import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

import type { Compressors, DecodedArray, ParquetParsers } from 'hyparquet'
import type { assembleNested } from 'hyparquet/src/assemble.js'

import { parseExact } from '../tables/exact-json.js'
import { type InputFile, unreadable } from './input-file.js'
import type { ParquetColumn, ParquetFooter, ParquetGroup } from './parquet-file.js'
import { type PageDecoder, ParquetPages } from './parquet-pages.js'
import { ParquetRow } from './parquet-row.js'
import type { ReadOptions, SourcePosition, SourceRow } from './source.js'

/** Rows are made when their page's turn comes: the fewer of them wait, the fewer grow old. */
const pageRows = 128

/** The rows of a Parquet file, from a position on. @throws FileError `FILE_UNREADABLE` */
export async function* readParquetRows(
  file: InputFile,
  footer: ParquetFooter,
  start: SourcePosition,
  onChunk: ReadOptions['onChunk'],
): AsyncGenerator<readonly SourceRow[]> {
  onChunk?.({ part: start.part, index: 0, hash: footer.hash })
  let handle: FileHandle
  try {
    handle = await open(file.path)
  } catch (cause) {
    throw unreadable(file.path, cause)
  }
  try {
    const assemble = await import('hyparquet/src/assemble.js')
    const decoder = await loadDecoder()
    for (const [index, group] of footer.groups.entries()) {
      if (group.firstRow + group.rows <= start.offset) continue
      const columns = footer.columns.map((column): OpenColumn => ({
        column,
        leaves: column.leaves.map((leaf) => {
          const chunk = group.chunks[leaf.index] as ParquetGroup['chunks'][number]
          const isHashed = onChunk !== undefined
          return new ParquetPages({ handle, path: file.path, leaf, chunk, decoder, isHashed })
        }),
      }))
      yield* readGroup(file, footer, group, columns, start, { ...decoder, ...assemble })
      if (onChunk === undefined) continue
      const hash = createHash('sha256')
      for (const { leaves } of columns) for (const pages of leaves) hash.update(await pages.digest())
      onChunk({ part: start.part, index: index + 1, hash: hash.digest('base64') })
    }
  } finally {
    await handle.close()
  }
}

interface OpenColumn {
  readonly column: ParquetColumn
  readonly leaves: readonly ParquetPages[]
}

type Assembler = PageDecoder & { readonly assembleNested: typeof assembleNested }

async function* readGroup(
  file: InputFile,
  footer: ParquetFooter,
  group: ParquetGroup,
  columns: readonly OpenColumn[],
  { part, offset, row }: SourcePosition,
  assembler: Assembler,
): AsyncGenerator<readonly SourceRow[]> {
  const all = columns.flatMap(({ leaves }) => leaves)
  let next = Math.max(group.firstRow, offset)
  for (const pages of all) pages.skip(next - group.firstRow)
  const end = group.firstRow + group.rows
  while (next < end) {
    let count = Math.min(pageRows, end - next)
    for (const pages of all) {
      await pages.fill()
      count = Math.min(count, pages.available)
    }
    const values = columns.map((column) => takeColumn(column, count, assembler))
    const first = next
    yield Array.from({ length: count }, (_, index) => {
      const entries = columns.map(({ column }, at) => [column.name, values[at]?.[index]] as const)
      const line = first + index
      const position = { part, offset: line, line, row: row - offset + line }
      return new ParquetRow(position, entries, footer, file.path)
    })
    next += count
  }
}

/** The values of a column for so many rows, as values of JSON. */
function takeColumn({ column, leaves }: OpenColumn, count: number, assembler: Assembler): readonly unknown[] {
  const { node, reader } = column
  const taken = leaves.map((pages) => pages.take(count))
  if (node.children.length === 0) return (taken[0] as readonly unknown[]).map(reader.read)
  const data = new Map<string, DecodedArray>(
    column.leaves.map(({ path }, at) => [path.join('.'), [...(taken[at] ?? [])]]),
  )
  assembler.assembleNested(data, node, assembler.parsers)
  return Array.from(data.get(node.path.join('.')) as unknown[], reader.read)
}

async function loadDecoder(): Promise<PageDecoder> {
  const [
    column,
    { DEFAULT_PARSERS, convert, convertWithDictionary },
    page,
    encoding,
    { assembleLists },
    { compressors },
    zlib,
  ] = await Promise.all([
    import('hyparquet/src/column.js'),
    import('hyparquet/src/convert.js'),
    import('hyparquet/src/datapage.js'),
    import('hyparquet/src/encoding.js'),
    import('hyparquet/src/assemble.js'),
    import('hyparquet-compressors'),
    import('node:zlib'),
  ])
  const text = (bytes: Uint8Array): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const parsers: ParquetParsers = {
    ...DEFAULT_PARSERS,
    timestampFromNanoseconds: (nanos) => nanos,
    // The default drops a byte order mark.
    stringFromBytes: (bytes: Uint8Array | undefined) => bytes && text(bytes),
    jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && readJSON(text(bytes)),
  }
  const all: Compressors = {
    ...compressors,
    // Node's own are several times as fast.
    GZIP: (bytes) => zlib.gunzipSync(bytes),
    BROTLI: (bytes) => zlib.brotliDecompressSync(bytes),
  }
  // hyparquet-compressors 1.1.2 fails at LZ4 of nothing, which a page of nulls is.
  const guarded = Object.entries(all).map(([codec, decompress]) => {
    const guard: typeof decompress = (bytes, length) => (length === 0 ? new Uint8Array() : decompress(bytes, length))
    return [codec, guard]
  })
  return {
    ...column,
    ...page,
    ...encoding,
    assembleLists,
    convert,
    convertWithDictionary,
    parsers,
    compressors: Object.fromEntries(guarded) as Compressors,
  }
}

/** What is no JSON stays the text that it is. */
function readJSON(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return text
  }
}
