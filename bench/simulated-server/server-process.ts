import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { program } from '../processes.js'
import type { Change } from './change.js'
import type { SimulatedServerOptions } from './server-options.js'
import type { SimulationReport } from './simulation-report.js'

/** A simulated server that takes nothing of the time of this process. */
export interface ServerProcess {
  /** `http://127.0.0.1:40000` */
  readonly url: string
  /** Its books, and in `span` the part of them between two points of simulated time. */
  report(fromMs?: number, toMs?: number): Promise<SimulationReport>
  change(...changes: readonly Change[]): Promise<void>
  stop(): void
}

/** Starts one. It ends with this process, whatever ends this one. `bench` must have been compiled. */
export async function startServerProcess(options: SimulatedServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program('simulated-server/child'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close').then(() => {
    throw new Error('The simulated server ended.')
  })
  ended.catch(() => undefined)
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string]
  return {
    url,
    report: async (fromMs = 0, toMs) => {
      const to = toMs === undefined ? '' : `&to=${toMs}`
      return (await fetch(`${url}/simulation?from=${fromMs}${to}`)).json() as Promise<SimulationReport>
    },
    change: async (...changes) => {
      await fetch(`${url}/simulation`, { method: 'POST', body: JSON.stringify(changes) })
    },
    stop: () => child.stdin.end(),
  }
}
