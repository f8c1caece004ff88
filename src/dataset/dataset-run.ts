import type { Runtime } from '../contract/runtime.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import type { DatasetRow } from './dataset-row.js'
import type { GenerateDatasetOptions } from './dataset-options.js'
import type { RunDataset } from './run/run-dataset.js'
import type { RunProgress, RunSummary } from './run-progress.js'

const noProgress: RunProgress = {
  counts: { ok: 0, invalid: 0, refused: 0, 'too-long': 0, failed: 0, cancelled: 0 },
  done: 0,
  doneBefore: 0,
  inFlight: 0,
  waiting: 0,
  requests: 0,
  tokens: { input: 0, output: 0 },
  wastedTokens: { input: 0, output: 0 },
  inputShare: undefined,
  total: undefined,
  elapsedMs: 0,
  limit: 0,
  endpoints: [],
  pause: undefined,
}

/** How long requests in flight get to end after {@link DatasetRun.stop}. */
const defaultDrainMs = 10_000

/**
 * A run under way. Awaiting it gives the {@link RunSummary}; iterating over it gives the finished rows in the order of the
 * input, those that an earlier process has already written to the sink left out. Iterate at once or not at all: rows that
 * nobody waits for are not kept. An iteration that is slow holds back the output, not the requests; one that is left ends
 * neither.
 */
export class DatasetRun implements PromiseLike<RunSummary>, AsyncIterable<DatasetRow> {
  readonly #summary: Promise<RunSummary>
  #run: RunDataset | undefined
  #stop: number | undefined
  #reader: RowReader | undefined
  #isOver = false

  constructor(options: GenerateDatasetOptions, runtime: Runtime) {
    this.#summary = this.#start(options, runtime)
    // Whoever iterates hears of a failure there.
    this.#summary.catch(() => undefined)
  }

  // eslint-disable-next-line unicorn/no-thenable -- a run is awaited as a whole and iterated over
  then<A = RunSummary, B = never>(
    onFulfilled?: ((summary: RunSummary) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#summary.then(onFulfilled, onRejected)
  }

  [Symbol.asyncIterator](): AsyncIterator<DatasetRow, undefined> {
    if (this.#reader !== undefined || this.#isOver) {
      throw new InvalidRequestError('The rows of a run can be iterated over once, from its beginning.')
    }
    this.#reader = new RowReader(this.#summary)
    return this.#reader
  }

  /** Where the run stands now. */
  get progress(): RunProgress {
    return this.#run?.progress() ?? noProgress
  }

  /**
   * Takes no more rows and lets what is in flight end, for `drainMs` at most. The run then resolves as `stopped`, with
   * everything kept; started again, it goes on.
   */
  stop({ drainMs = defaultDrainMs }: { readonly drainMs?: number | undefined } = {}): void {
    this.#stop = drainMs
    this.#run?.stop(drainMs)
  }

  async #start(options: GenerateDatasetOptions, runtime: Runtime): Promise<RunSummary> {
    try {
      const [{ planRun }, { RunDataset: Run }] = await Promise.all([
        import('./run/plan.js'),
        import('./run/run-dataset.js'),
      ])
      const run = new Run(await planRun(options, runtime), (rows) =>
        this.#reader?.offer(rows.flatMap(({ samples }) => samples)),
      )
      this.#run = run
      if (this.#stop !== undefined) run.stop(this.#stop)
      return await run.run()
    } finally {
      this.#isOver = true
    }
  }
}

/** Hands rows to an iteration, a page at a time. */
class RowReader implements AsyncIterator<DatasetRow, undefined> {
  #rows: readonly DatasetRow[] = []
  #next = 0
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  #onTaken: () => void = () => undefined
  #onOffer: () => void = () => undefined

  constructor(end: Promise<unknown>) {
    const close = (): void => {
      this.#isOver = true
      this.#onOffer()
    }
    end.then(close, (error: unknown) => {
      this.#failure = { error }
      close()
    })
  }

  /** Resolves when the rows have been taken. */
  async offer(rows: readonly DatasetRow[]): Promise<void> {
    if (this.#isOver || rows.length === 0) return
    this.#rows = rows
    this.#next = 0
    this.#onOffer()
    await new Promise<void>((resolve) => (this.#onTaken = resolve))
  }

  async next(): Promise<IteratorResult<DatasetRow, undefined>> {
    for (;;) {
      const row = this.#rows[this.#next]
      if (row !== undefined) {
        this.#next++
        return { done: false, value: row }
      }
      if (this.#isOver) break
      const offered = new Promise<void>((resolve) => (this.#onOffer = resolve))
      this.#onTaken()
      await offered
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<DatasetRow, undefined>> {
    this.#isOver = true
    this.#rows = []
    this.#failure = undefined
    this.#onTaken()
    return { done: true, value: undefined }
  }
}
