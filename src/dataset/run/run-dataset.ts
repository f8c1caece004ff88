import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AbortedError } from '../../errors/aborted-error.js'
import type { HeadraceError } from '../../errors/headrace-error.js'
import { OutputExistsError } from '../../errors/output-exists-error.js'
import { onAbort } from '../../transport/signal-listeners.js'
import type { RowCounts, RunEnd, RunPause, RunProgress, RunSummary } from '../run-progress.js'
import type { FinishedRow } from '../sinks/sink.js'
import { firstPosition, type Source } from '../sources/source.js'
import { spoolInput, toLines } from '../sources/spool.js'
import { Budget } from './budget.js'
import { Committer } from './committer.js'
import { EndpointPool } from './endpoint-pool.js'
import { Frontier } from './frontier.js'
import { GatedPages } from './gated-pages.js'
import { noteModelName, type OpenRun, openRun } from './open-run.js'
import { noOutput, OutputPass, type StoredOutput } from './output-pass.js'
import { Patience } from './patience.js'
import type { RunPlan } from './plan.js'
import { RequestLoop, type StopReason } from './request-loop.js'
import { RowFeed } from './row-feed.js'
import { createRowScope, type RowScope } from './row-scope.js'
import { Selection } from './selection.js'
import { type StoredProgress, Totals } from './totals.js'

/** How a run is steered and watched from outside. */
export interface RunControl {
  /** Takes no more rows. What is in flight has `drainMs` to end and is cancelled then. */
  stop(drainMs: number): void
  progress(): RunProgress
}

/** How long requests in flight get to end when the run cannot go on. */
const drainMs = 10_000

/**
 * One process's part of a run, from opening the folder to closing it: rows flow from the source through the request loop
 * into the journal, and behind them the output pass follows.
 */
export class RunDataset implements RunControl {
  readonly #plan: RunPlan
  readonly #totals = new Totals()
  readonly #budget: Budget
  #frontier = new Frontier(firstPosition)
  readonly #startedAt: number
  readonly #onRows: (rows: readonly FinishedRow[]) => Promise<void> | void
  #loop: RequestLoop | undefined
  #pool: EndpointPool | undefined
  #feed: RowFeed | undefined
  #source: Source | undefined
  #scope: RowScope | undefined
  #knownTotal: number | undefined
  #keptBefore = 0
  #selection: Selection | undefined
  #pages: GatedPages | undefined
  #diskPause: RunPause | undefined
  #cancelDrain: (() => void) | undefined
  #outputFailure: { readonly error: unknown } | undefined
  #isStopped = false

  constructor(plan: RunPlan, onRows: (rows: readonly FinishedRow[]) => Promise<void> | void) {
    this.#plan = plan
    this.#budget = new Budget(plan, this.#totals)
    this.#onRows = onRows
    this.#startedAt = plan.runtime.now()
  }

  /** @throws HeadraceError as `generateDataset` says. */
  async run(): Promise<RunSummary> {
    const { folder, fork, task, llms, numGenerations, callConfig, signal } = this.#plan
    if (signal?.aborted) throw aborted(signal)
    await task.prepare?.()
    this.#plan.sink.prepare?.(numGenerations)
    const open = await openRun({
      folder,
      fork,
      source: (place) => this.#openSource(place),
      checkOutput: (output) => this.#checkOutput(output),
      asked: {
        task: { name: task.name, config: task.config ?? {} },
        options: callConfig,
        numGenerations,
      },
      models: llms.map((llm) => llm.toJSON()),
    })
    let isFailed = true
    try {
      const summary = await this.#runOpen(await this.#dropFailed(open))
      isFailed = false
      return summary
    } finally {
      this.#cancelDrain?.()
      await this.#feed?.close()
      await this.#plan.sink.close()
      await open.journal.close()
      // What a run leaves that failed before its first row would only be in the way.
      if (isFailed && open.isNew && this.#totals.stored === 0) await rm(folder, { recursive: true })
    }
  }

  stop(afterMs: number): void {
    this.#isStopped = true
    this.#loop?.stop('stopped')
    this.#cancelDrain ??= this.#plan.runtime.setTimer(() => this.#loop?.cancel(), afterMs)
  }

  progress(): RunProgress {
    const totals = this.#totals
    const selection = this.#selection
    const share = this.#feed?.total === undefined ? this.#source?.progress?.(this.#frontier.position) : 1
    return {
      counts: this.#counts,
      done: selection?.kept ?? totals.stored,
      doneBefore: selection === undefined ? totals.doneBefore : this.#keptBefore,
      inFlight: this.#loop?.inFlight ?? 0,
      waiting: this.#loop?.waiting ?? 0,
      requests: totals.requests,
      tokens: { ...totals.tokens },
      wastedTokens: { ...totals.wastedTokens },
      inputShare: share,
      total: this.#total,
      elapsedMs: this.#plan.runtime.now() - this.#startedAt,
      limit: this.#pool?.limit ?? 0,
      endpoints: this.#pool?.progress ?? [],
      pause: this.#pause,
      selection: selection?.progress,
    }
  }

  get #pause(): RunPause | undefined {
    if (this.#diskPause !== undefined) return this.#diskPause
    const endpoints = this.#pool?.progress ?? []
    return endpoints.every(({ pause }) => pause !== undefined) ? endpoints[0]?.pause : undefined
  }

  /** Of a task that keeps some of its rows they are those that it has kept. */
  get #counts(): RowCounts {
    const { rowCounts } = this.#totals
    if (this.#selection === undefined) return rowCounts
    return { ok: this.#selection.kept, invalid: 0, refused: 0, 'too-long': 0, failed: 0, cancelled: 0 }
  }

  get #total(): number | undefined {
    const rows = this.#plan.task.selection?.rows ?? this.#scope?.count ?? this.#feed?.total ?? this.#knownTotal
    return rows === undefined ? undefined : rows * this.#plan.numGenerations
  }

  async #openSource(folder: string): Promise<Source> {
    const { source } = this.#plan
    if ('read' in source) return source
    return spoolInput('bytes' in source ? source.bytes : toLines(source.rows), join(folder, 'input.jsonl'))
  }

  async #runOpen(open: OpenRun): Promise<RunSummary> {
    const { journal, source, output } = open
    const { sink, numGenerations, runtime, task } = this.#plan
    const totals = this.#totals
    this.#source = source
    const scope = (this.#scope = await createRowScope(source, this.#plan))
    const progress = this.#restore(open.progress, scope)
    // eslint-disable-next-line typescript/unbound-method -- its text is what is looked at
    const readHash = createHash('sha256').update(String(task.read)).digest('base64')
    const wanted = task.selection
    const config = JSON.stringify([sink.config, scope.key, readHash, ...(wanted === undefined ? [] : [wanted.rows])])
    const selection = (this.#selection = wanted && new Selection(wanted, () => this.#onSelection()))
    if (output?.config === config && !output.isFinished) this.#keptBefore = output.selection?.kept ?? 0
    const isComplete = progress?.total !== undefined
    const isWhole = isComplete || output?.selection?.end !== undefined
    if (isWhole && output?.isFinished && output.config === config && (await sink.isThere())) {
      totals.unaccepted = output.unaccepted
      if (output.selection !== undefined) selection?.restore(output.selection, new Float64Array())
      return this.#summarize(this.#endOf(selection))
    }
    const pass = new OutputPass({
      journal,
      source,
      sink,
      task,
      scope,
      numGenerations,
      totals,
      selection,
      config,
      path: this.#outputPath,
      stored: output,
      onRows: this.#onRows,
      now: () => runtime.now(),
    })
    const written = pass.run()
    // Its failure ends the requests as well, also when they have not begun yet.
    written.catch((error: unknown) => {
      this.#outputFailure = { error }
      this.#loop?.fail(error)
    })
    let end: StopReason | undefined
    try {
      if (isComplete) pass.advance(Infinity)
      else end = await this.#ask(open, pass, progress, scope)
    } finally {
      pass.end()
      await written
    }
    if (selection?.end !== undefined) end = undefined
    if (end === undefined) await pass.finish()
    return this.#summarize(end === undefined || end === 'enough' ? this.#endOf(selection) : end)
  }

  /** Of a run whose requests are at their end. */
  #endOf(selection: Selection | undefined): RunEnd {
    return selection === undefined || selection.end === 'enough' ? 'finished' : 'exhausted'
  }

  /** Rows were judged: others may be asked for, or none any more. */
  #onSelection(): void {
    this.#pages?.changed()
    if (this.#selection?.end === undefined) return
    // What is in flight would be kept for nothing.
    this.#loop?.stop('enough')
    this.#loop?.cancel()
  }

  get #outputPath(): string {
    const { path } = this.#plan.sink.config
    return typeof path === 'string' ? path : ''
  }

  async #checkOutput(output: StoredOutput | undefined): Promise<void> {
    const path = this.#outputPath
    if (output?.owned === path || !(await this.#plan.sink.isThere())) return
    throw new OutputExistsError(`${path} exists and is not this run's: give another output, or move the file away.`)
  }

  /** What earlier processes have done, as far as it holds for these rows. */
  #restore(progress: StoredProgress | undefined, scope: RowScope): StoredProgress | undefined {
    if (progress === undefined) return undefined
    this.#totals.restore(progress)
    const isSameScope = progress.scope === scope.key
    this.#knownTotal = isSameScope ? progress.total : undefined
    return isSameScope ? progress : { ...progress, position: firstPosition, total: undefined, scope: scope.key }
  }

  /** Forgets the rows that failed, where that is asked for; the output is then written anew. */
  async #dropFailed({ journal, progress, output = noOutput, ...open }: OpenRun): Promise<OpenRun> {
    if (!this.#plan.retryFailed || progress === undefined || progress.counts.failed === 0) {
      return { ...open, journal, progress, output }
    }
    const counts = { ...progress.counts, failed: 0 }
    const without: StoredProgress = { ...progress, counts, position: firstPosition, total: undefined }
    const anew: StoredOutput = { ...noOutput, owned: output.owned }
    await journal.ask('dropFailed', JSON.stringify(without), JSON.stringify(anew))
    return { ...open, journal, progress: without, output: anew }
  }

  /** Asks for everything that is not done. @returns why it ended early, if it did. */
  async #ask(
    open: OpenRun,
    pass: OutputPass,
    progress: StoredProgress | undefined,
    scope: RowScope,
  ): Promise<StopReason | undefined> {
    const { llms, endpoints, allowDifferentModels, runtime, numGenerations, call, patienceMs, folder } = this.#plan
    const { concurrency, maxConcurrency } = this.#plan
    if (this.#isStopped) return 'stopped'
    const abort = new AbortController()
    const pool = (this.#pool = await EndpointPool.open({
      llms,
      mode: endpoints,
      allowsDifferent: allowDifferentModels,
      limits: { concurrency, maxConcurrency },
      task: this.#plan.task,
      call,
      numGenerations,
      signal: abort.signal,
      runtime,
      patience: new Patience(runtime, patienceMs),
      onRoom: () => this.#loop?.pump(),
    }))
    try {
      await noteModelName(folder, open.manifest, pool.modelNames)
      return this.#budget.reached ?? (await this.#askPool(pool, abort, open, pass, progress, scope))
    } finally {
      await pool.close()
    }
  }

  async #askPool(
    pool: EndpointPool,
    abort: AbortController,
    { journal, source, inputCheck }: OpenRun,
    pass: OutputPass,
    progress: StoredProgress | undefined,
    scope: RowScope,
  ): Promise<StopReason | undefined> {
    const { runtime, numGenerations, task, signal, maxRetries, patienceMs, hedge } = this.#plan
    const from = progress?.position ?? firstPosition
    const frontier = (this.#frontier = new Frontier(from))
    const committer = new Committer({
      journal,
      runtime,
      snapshot: () => this.#snapshot(pass, scope),
      onDiskFull: (error) => {
        this.#diskPause = error && { cause: 'disk-full', message: error.message }
        if (error === undefined) this.#loop?.pump()
      },
      onFailure: (error) => this.#loop?.fail(error),
      patienceMs,
    })
    const loop = (this.#loop = new RequestLoop({
      pool,
      abort,
      task,
      numGenerations,
      maxRetries,
      hedges: hedge,
      runtime,
      drainMs,
      committer,
      frontier,
      totals: this.#totals,
      budget: this.#budget,
    }))
    const check = inputCheck((chunk) => committer.addChunk(chunk))
    pass.advance(from.row)
    const selection = this.#selection
    let pages = source.read({ from, onChunk: check.check })
    if (selection !== undefined) {
      const limit = (): number | undefined => (selection.end === undefined ? selection.allowed : undefined)
      pages = this.#pages = new GatedPages(pages, limit)
    }
    this.#feed = new RowFeed({
      pages,
      journal,
      scope,
      numGenerations,
      from,
      onReady: () => loop.pump(),
      onFailure: (error) => loop.fail(error),
    })
    const stopListening = signal && onAbort(signal, () => this.#abort(loop))
    if (this.#isStopped) this.stop(drainMs)
    if (this.#outputFailure !== undefined) loop.fail(this.#outputFailure.error)
    let end: StopReason | undefined
    try {
      end = await loop.run(this.#feed)
    } finally {
      stopListening?.()
      await committer.flush()
    }
    if (signal?.aborted) throw aborted(signal)
    return end
  }

  #abort(loop: RequestLoop): void {
    loop.stop('stopped')
    loop.cancel()
  }

  /** Taken when a group goes to the journal: what is true once that is safe. */
  #snapshot(pass: OutputPass, scope: RowScope): { progress: string; onSafe: () => void } {
    const totals = this.#totals
    const progress: StoredProgress = {
      position: this.#frontier.position,
      total: this.#isAtItsEnd ? this.#feed?.total : undefined,
      scope: scope.key,
      counts: { ...totals.counts },
      requests: totals.requests,
      tokens: totals.tokens,
      wastedTokens: totals.wastedTokens,
    }
    const boundary = this.#frontier.row
    return {
      progress: JSON.stringify(progress),
      onSafe: () => {
        pass.advance(boundary)
        this.#loop?.pump()
      },
    }
  }

  /** Whether all rows of the input are done. One that has enough of them knows nothing of the others. */
  get #isAtItsEnd(): boolean {
    return this.#feed?.isEmpty === true && this.#frontier.openRows === 0 && this.#selection?.end === undefined
  }

  #summarize(end: RunEnd): RunSummary {
    const totals = this.#totals
    const selection = this.#selection
    const warnings = this.#pool?.warnings ?? []
    return {
      end,
      counts: this.#counts,
      rows: selection?.kept ?? totals.stored + totals.cancelled,
      requests: totals.requests,
      requestsNow: totals.requestsNow,
      hedgedRequests: this.#loop?.hedged ?? 0,
      endpoints: (this.#pool?.progress ?? []).map(({ inFlight: _inFlight, pause: _pause, ...done }) => done),
      tokens: { ...totals.tokens },
      wastedTokens: { ...totals.wastedTokens },
      cost: this.#budget.cost,
      folder: this.#plan.folder,
      ...(selection === undefined ? {} : { selection: selection.progress }),
      ...(warnings.length === 0 ? {} : { warnings }),
    }
  }
}

function aborted(signal: AbortSignal): HeadraceError {
  return new AbortedError(
    'The run was aborted; what was answered is kept, and the run goes on when it is started again.',
    {
      cause: signal.reason,
    },
  )
}
