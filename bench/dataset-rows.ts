import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

import { alternate, compare } from './alternate.js'
import type { ClientLoad } from './client.js'
import { runClient, startServer } from './processes.js'
import type { Measurement } from './rows.js'

/** The engine over a bare flood of the same wire form: 256 in flight, journal, output and progress included. */
export const datasetMeasurements: readonly Measurement[] = [
  datasetMeasurement('dataset-json', 'json', 'generateDataset, 100 tokens, JSON', 5000, 60_000),
  datasetMeasurement('dataset-stream', 'coalesced', 'generateDataset, 500 tokens, streamed', 500, 4000),
]

function datasetMeasurement(
  name: string,
  delivery: 'json' | 'coalesced',
  what: string,
  warmUp: number,
  count: number,
): Measurement {
  return {
    name,
    async measure({ dist, quick, profile }) {
      const server = await startServer()
      try {
        const load: Omit<ClientLoad, 'subject'> = {
          endpoint: `${server.origin}/${delivery}`,
          stream: delivery !== 'json',
          library: pathToFileURL(join(dist, 'index.js')).href,
          warmUp,
          count: quick ? count / 4 : count,
          concurrency: 256,
        }
        const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
        const rounds = await alternate(['headrace', 'undici'], quick ? 2 : 5, async (subject) => {
          const program = subject === 'undici' ? 'client' : 'dataset-client'
          const figures = await runClient(program, { ...load, subject }, nodeOptions)
          process.stderr.write(`  ${subject} ${figures.cpu.toFixed(1)} µs\n`)
          return figures
        })
        const compared = compare(rounds, 'headrace', 'undici', 'cpu')
        return [
          { name, what, against: 'undici flood', unit: 'µs CPU', ...compared, bar: { kind: 'at most', ratio: 2 } },
        ]
      } finally {
        server.stop()
      }
    },
  }
}
