import { once } from 'node:events'
import type { Writable } from 'node:stream'

import { TextBuffer } from '../text-buffer.js'
import { batchFormat } from './batch-format.js'
import type { JsonlSinkOptions } from './jsonl-sink.js'
import { plainFormat } from './row-format.js'
import type { FinishedRow, Sink, SinkState } from './sink.js'

/** Writes JSON Lines to a stream, such as standard output: all rows, from the first one on, each time. */
export function streamSink(stream: Writable, options: JsonlSinkOptions = {}): Sink {
  let samples = 1
  const text = new TextBuffer()
  const formatFor = (): ReturnType<typeof plainFormat> =>
    options.format === 'batch' ? batchFormat() : plainFormat(options, samples)
  return {
    get config() {
      return { path: '-', ...formatFor().config }
    },
    keepRaw: options.keepRaw ?? false,
    prepare: (numGenerations) => void (samples = numGenerations),
    open: async () => false,
    async write(rows: readonly FinishedRow[]) {
      const format = formatFor()
      for (const row of rows) format.write(row, text)
      if (!stream.write(text.take())) await once(stream, 'drain')
    },
    sync: async (): Promise<SinkState> => ({}),
    finish: async () => undefined,
    close: async () => undefined,
    isThere: async () => false,
  }
}
