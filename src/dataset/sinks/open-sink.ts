import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { csvSink } from './csv-sink.js'
import { datasetFolderSink } from './dataset-folder-sink.js'
import { jsonlSink, type JsonlSinkOptions } from './jsonl-sink.js'
import { parquetSink } from './parquet-sink.js'
import type { Sink } from './sink.js'

/**
 * The sink that a path's name asks for: `.parquet`, `.csv` and `.tsv` (these two also with `.gz`), a `/` at the end for a
 * dataset folder, and else JSON Lines.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when batch output is to go into a table.
 */
export function openSink(path: string, options: JsonlSinkOptions = {}): Sink {
  const { format, ...plain } = options
  const make = /[/\\]$/.test(path)
    ? datasetFolderSink
    : /\.parquet$/i.test(path)
      ? parquetSink
      : /\.[ct]sv(\.gz)?$/i.test(path)
        ? csvSink
        : undefined
  if (make === undefined) return jsonlSink(path, options)
  if (format === 'batch') {
    throw new InvalidOptionError(
      `A batch output file is JSON Lines: give an output such as answers.jsonl, not ${path}.`,
      {
        option: 'output',
      },
    )
  }
  return make(path, plain)
}
