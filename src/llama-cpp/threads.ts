import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'

/** What the choice of a thread count goes by. */
export interface ThreadFacts {
  /** Of the model's file. */
  readonly modelBytes: number
  /** Cores that are good for arithmetic: without the second half of hyper-threads, where that is known. */
  readonly mathCores: number
  /** Cores that this process may run on. */
  readonly usableCores: number
  /** Cores of the whole machine. */
  readonly machineCores: number
  /** Cores' worth of time that the control group grants. `Infinity`: no limit. */
  readonly quotaCores: number
  /** What runs on the machine now, in cores: the load average of the last minute. */
  readonly load: number
}

// Threads meet after every operation of every layer. Below this share of the weights for each, meeting costs more than
// the work; on a core that is not really free it costs a scheduler's time slice, up to a hundred times the work.
const bytesWorthAThread = 64 * 1024 * 1024

/** How many threads evaluate a model fastest: as many as it has work for, and no more than there are free cores. */
export function chooseThreads(facts: ThreadFacts): number {
  const { modelBytes, mathCores, usableCores, machineCores, quotaCores, load } = facts
  const worthwhile = Math.ceil(modelBytes / bytesWorthAThread)
  const free = Math.round(machineCores - load)
  return Math.max(1, Math.min(worthwhile, mathCores, usableCores, Math.floor(quotaCores), free))
}

/** The facts about this machine, now. */
export async function readThreadFacts(modelBytes: number, mathCores: number): Promise<ThreadFacts> {
  return {
    modelBytes,
    mathCores,
    usableCores: availableParallelism(),
    machineCores: cpus().length,
    quotaCores: await readQuota(),
    load: loadavg()[0] ?? 0,
  }
}

/** The limit that a container is given: control groups of version 2, else of version 1. */
async function readQuota(): Promise<number> {
  const read = (path: string): Promise<string> => readFile(`/sys/fs/cgroup/${path}`, 'utf8').catch(() => '')
  const limit = await read('cpu.max')
  if (limit !== '') return parseQuota(limit)
  return parseQuota(`${await read('cpu/cpu.cfs_quota_us')} ${await read('cpu/cpu.cfs_period_us')}`)
}

/** `max 100000` or `150000 100000`: microseconds of processor time in each period. */
export function parseQuota(text: string): number {
  const [quota, period] = text.trim().split(/\s+/).map(Number)
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return Infinity
  return quota / period
}
