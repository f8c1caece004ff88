import { stat } from 'node:fs/promises'

import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { csvSource } from './csv-source.js'
import { type DatasetFolderOptions, findDatasetFiles } from './dataset-folder.js'
import { findInputFiles } from './input-files.js'
import { jsonlSource } from './jsonl-source.js'
import { parquetSource } from './parquet-source.js'
import type { ReadOptions, Source, SourceIdentity, SourcePosition, SourceRow } from './source.js'

const formats = { Parquet: parquetSource, CSV: csvSource, 'JSON Lines': jsonlSource } as const
type Format = keyof typeof formats

/**
 * Rows from files of the format that their names say: `.parquet`, `.csv` and `.tsv`, and else JSON Lines; from dataset folders
 * as `datasets` reads them. `*` and `?` in a file's name stand for several files.
 */
export function openSource(paths: string | readonly string[], options: DatasetFolderOptions = {}): Source {
  return new NamedSource(typeof paths === 'string' ? [paths] : paths, options)
}

/** It opens the source that it stands for when it is first asked for something. */
class NamedSource implements Source {
  readonly #paths: readonly string[]
  readonly #options: DatasetFolderOptions
  #opened: Promise<Source> | undefined
  #source: Source | undefined

  constructor(paths: readonly string[], options: DatasetFolderOptions) {
    this.#paths = paths
    this.#options = options
  }

  async identify(): Promise<SourceIdentity> {
    return (await this.#open()).identify()
  }

  async *read(options?: ReadOptions): AsyncGenerator<readonly SourceRow[]> {
    yield* (await this.#open()).read(options)
  }

  get isSeekable(): boolean {
    return this.#source?.isSeekable ?? true
  }

  progress(position: SourcePosition): number | undefined {
    return this.#source?.progress?.(position)
  }

  #open(): Promise<Source> {
    this.#opened ??= this.#find().then((source) => (this.#source = source))
    return this.#opened
  }

  async #find(): Promise<Source> {
    const files: string[] = []
    for (const path of this.#paths) {
      files.push(
        ...((await isFolder(path)) ? await findDatasetFiles(path, this.#options) : await findInputFiles([path])),
      )
    }
    const [first = 'JSON Lines', ...others] = new Set(files.map(formatOf))
    if (others.length > 0) {
      throw new InvalidOptionError(
        `The input has files of different formats (${[first, ...others].join(', ')}): give files of one format.`,
        { option: 'source' },
      )
    }
    return formats[first](files)
  }
}

function formatOf(path: string): Format {
  if (/\.parquet$/i.test(path)) return 'Parquet'
  return /\.[ct]sv(\.gz)?$/i.test(path) ? 'CSV' : 'JSON Lines'
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}
