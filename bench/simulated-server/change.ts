import { z } from 'zod'

/** How the server behaves as a process. */
export type ServerState =
  /** It answers. */
  | 'up'
  /** Connections are reset as soon as they ask for anything. */
  | 'resetting'
  /** Nobody listens: connections are refused. The way back must have been said before. */
  | 'gone'
  /** It answers 503 to everything, as a proxy does while the server behind it starts. */
  | 'starting'

/** Something that happens to the server at a time. */
export interface Change {
  /** Simulated milliseconds from the first request on. @defaultValue now, or {@link afterMs} later */
  readonly atMs?: number | undefined
  /** Simulated milliseconds from now on. */
  readonly afterMs?: number | undefined
  /** Times the requests at once and the cache that the server began with. */
  readonly capacity?: number | undefined
  /** Times the steps a second that it began with. 0: it hangs. */
  readonly speed?: number | undefined
  /** In any other state than `up` all that runs or waits is lost, and `/metrics` counts from 0 when it is back. */
  readonly state?: ServerState | undefined
}

const time = z.number().min(0).optional()
const changeSchema: z.ZodType<Change, Change> = z.strictObject({
  atMs: time,
  afterMs: time,
  capacity: z.number().positive().optional(),
  speed: z.number().min(0).optional(),
  state: z.enum(['up', 'resetting', 'gone', 'starting']).optional(),
})
const changesSchema = z.union([changeSchema.transform((change) => [change]), z.array(changeSchema)])

/** One change or a list of them, as they come over the wire or from a command line. @throws Error that says what is wrong. */
export function parseChanges(value: unknown): readonly Change[] {
  const parsed = changesSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(`No change of the simulation: ${z.prettifyError(parsed.error)}`)
}

/** What is to come, in its order. */
export class Schedule {
  readonly #changes: (Change & { readonly atMs: number })[] = []

  get nextMs(): number | undefined {
    return this.#changes[0]?.atMs
  }

  add(change: Change, nowMs: number): void {
    const atMs = Math.max(nowMs, change.atMs ?? nowMs + (change.afterMs ?? 0))
    this.#changes.push({ ...change, atMs })
    this.#changes.sort((one, other) => one.atMs - other.atMs)
  }

  /** Takes the next change if it is due by then. */
  takeDue(nowMs: number): (Change & { readonly atMs: number }) | undefined {
    const [next] = this.#changes
    return next !== undefined && next.atMs <= nowMs ? this.#changes.shift() : undefined
  }
}
