import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { alternate, compare } from './alternate.js'
import { runClient } from './processes.js'
import type { Row } from './row.js'
import type { Measurement } from './rows.js'
import type { StructuredLoad } from './structured-stream-client.js'

const shapes = { objects: 'many objects', text: 'one text' } as const

/** What it costs to read the growing value of a streamed answer of twice the length. */
export const structuredStreamMeasurement: Measurement = {
  name: 'structured-stream',
  async measure({ dist, quick }) {
    const library = pathToFileURL(join(dist, 'index.js')).href
    const rows: Row[] = []
    for (const shape of Object.keys(shapes) as (keyof typeof shapes)[]) {
      const rounds = await alternate(['200', '100'], quick ? 2 : 5, async (kilobytes) => {
        // As many bytes for both, so that the compiler has done as much for either.
        const times = (total: number): number => total / Number(kilobytes)
        const load: StructuredLoad = {
          library,
          kilobytes: Number(kilobytes),
          shape,
          warmUp: times(800),
          count: times(quick ? 800 : 2000),
        }
        const figures = await runClient('structured-stream-client', load, [])
        process.stderr.write(`  ${shape}, ${kilobytes} kB: ${(figures.cpu / 1000).toFixed(1)} ms\n`)
        return { cpu: figures.cpu / 1000, wall: figures.wall / 1000 }
      })
      rows.push({
        name: 'structured-stream',
        what: `streamChat with its growing value, ${shapes[shape]}, 200 kB`,
        against: 'the same, 100 kB',
        unit: 'ms CPU',
        ...compare(rounds, '200', '100', 'cpu'),
        bar: { kind: 'at most', ratio: 2.3 },
      })
    }
    return rows
  },
}
