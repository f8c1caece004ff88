import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { syncFolder } from '../manifest.js'
import { ParquetFileWriter } from './parquet-writer.js'
import type { PlainFormatOptions } from './row-format.js'
import type { Sink } from './sink.js'
import { findTypes, readStaged } from './staged-rows.js'
import { TableSink } from './table-sink.js'

export interface DatasetFolderSinkOptions extends PlainFormatOptions {
  /** The name of the split. @defaultValue 'train' */
  readonly split?: string | undefined
  /** How long a Parquet file gets before the next one begins, about. @defaultValue 500000000 */
  readonly shardBytes?: number | undefined
}

/**
 * Writes a folder that Hugging Face's `datasets` loads and the Hub shows: `data/train-00000-of-00001.parquet`, ... as
 * {@link parquetSink} writes them, and a `README.md` that names them, unless there is one. While the run goes on, the rows so
 * far are beside the folder, in a file with `.partial` appended, as JSON Lines.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when `datasets` would not take the split's name.
 */
export function datasetFolderSink(path: string, options: DatasetFolderSinkOptions = {}): Sink {
  const { split = 'train', shardBytes = 500_000_000, ...plain } = options
  if (!/^\w+(\.\w+)*$/.test(split)) {
    throw new InvalidOptionError('datasetFolderSink: split must be letters, digits and _, with dots between.', {
      option: 'split',
    })
  }
  const folder = path.replace(/(?<=.)[/\\]+$/, '')
  const data = join(folder, 'data')
  return new TableSink(folder, plain, {
    name: `dataset ${split} ${shardBytes}`,
    async write(rows, declared) {
      await mkdir(data, { recursive: true })
      const count = await writeShards(rows, declared, shardBytes, (shard) => freshPath(data, split, shard))
      for (const name of await findShards(data, split)) await rm(join(data, name))
      for (let shard = 0; shard < count; shard++) {
        await rename(freshPath(data, split, shard), join(data, shardName(split, shard, count)))
      }
      await writeCard(folder, split)
      await rm(rows)
      await syncFolder(data)
      await syncFolder(folder)
    },
    // It was moved into its place as a whole if all its files are there.
    async isThere() {
      const names = await findShards(data, split)
      return names.length > 0 && names.every((name, shard) => name === shardName(split, shard, names.length))
    },
  })
}

async function writeShards(
  rows: string,
  declared: Parameters<typeof findTypes>[1],
  shardBytes: number,
  pathOf: (shard: number) => string,
): Promise<number> {
  const types = await findTypes(rows, declared)
  let count = 1
  let writer = await ParquetFileWriter.create(pathOf(0), types)
  try {
    for await (const page of readStaged(rows)) {
      for (const row of page) {
        if (writer.length >= shardBytes) {
          await writer.finish()
          writer = await ParquetFileWriter.create(pathOf(count++), types)
        }
        await writer.add(row)
      }
    }
    await writer.finish()
  } finally {
    await writer.close()
  }
  return count
}

const freshPath = (data: string, split: string, shard: number): string => join(data, `.${split}-${shard}.new`)

const five = (number: number): string => String(number).padStart(5, '0')
const shardName = (split: string, shard: number, count: number): string =>
  `${split}-${five(shard)}-of-${five(count)}.parquet`

async function findShards(data: string, split: string): Promise<readonly string[]> {
  const names = await readdir(data).catch(() => [])
  return names.filter((name) => name.startsWith(`${split}-`) && /-\d{5}-of-\d{5}\.parquet$/.test(name)).toSorted()
}

async function writeCard(folder: string, split: string): Promise<void> {
  const path = join(folder, 'README.md')
  if (existsSync(path)) return
  const lines = [
    '---',
    'configs:',
    '  - config_name: default',
    '    data_files:',
    `      - split: ${split}`,
    `        path: data/${split}-*`,
    '---',
    '',
  ]
  await writeFile(path, lines.join('\n'))
}
