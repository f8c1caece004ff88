import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { FileError } from '../errors/file-error.js'
import { JournalError } from '../errors/journal-error.js'
import { journalFile, lockFile } from './journal/journal.js'
import { storedStatuses, type StoredStatus } from './journal/journal-types.js'
import { manifestFile, readManifest, type RunManifest } from './manifest.js'
import type { StoredOutput } from './run/output-pass.js'
import type { StoredProgress } from './run/totals.js'
import type { StoredSelection } from './run/selection.js'
import type { RowCounts, SelectionProgress, TokenCounts } from './run-progress.js'

/** How values are spread: half of them are at most `p50`, ... */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Rows that ended badly for the same reason. */
export interface ErrorGroup {
  readonly status: StoredStatus
  readonly code: string
  readonly count: number
  /** The message of the first of them. */
  readonly example: string
}

/** What can be told of a run from its folder. */
export interface RunReport {
  readonly folder: string
  readonly manifest: RunManifest
  /**
   * - `running`: a process works on it
   * - `finished`: every row has ended, and the output is written
   * - `unfinished`: it goes on when it is started again
   */
  readonly state: 'running' | 'finished' | 'unfinished'
  readonly counts: RowCounts
  readonly done: number
  /** How many rows there are, once the input has been read to its end. */
  readonly total: number | undefined
  readonly requests: number
  readonly tokens: TokenCounts
  readonly wastedTokens: TokenCounts
  readonly errors: readonly ErrorGroup[]
  /** Milliseconds of the requests that gave a row its end. */
  readonly totalMs: Percentiles | undefined
  readonly firstTokenMs: Percentiles | undefined
  readonly outputTokens: Percentiles | undefined
  /** Of a task that keeps some of its rows: as of the last time that its output was made safe. */
  readonly selection?: SelectionProgress | undefined
}

type Query = (sql: string, ...parameters: readonly (number | string)[]) => readonly (readonly unknown[])[]

/** The folders of runs in a folder, and itself if it is one. @throws FileError `FILE_UNREADABLE` */
export async function findRuns(folder: string): Promise<readonly string[]> {
  if (isRun(folder)) return [folder]
  let names: readonly string[]
  try {
    names = await readdir(folder)
  } catch (cause) {
    throw new FileError(`The folder ${folder} cannot be read: check the path.`, { cause })
  }
  return names
    .toSorted()
    .map((name) => join(folder, name))
    .filter(isRun)
}

function isRun(folder: string): boolean {
  return existsSync(join(folder, manifestFile)) && existsSync(join(folder, journalFile))
}

/**
 * Looks into a run, also while it goes on.
 *
 * @throws JournalError `JOURNAL_FAILED` when the folder holds no run.
 */
export async function inspectRun(folder: string): Promise<RunReport> {
  const manifest = isRun(folder) ? await readManifest(folder) : undefined
  if (manifest === undefined) throw new JournalError(`${folder} holds no run: give the folder of one.`)
  const [{ JournalDatabase }, { RunLock }] = await Promise.all([
    import('./journal/journal-database.js'),
    import('./journal/run-lock.js'),
  ])
  const lock = RunLock.take(join(folder, lockFile))
  lock?.release()
  const database = new JournalDatabase(join(folder, journalFile), { isReadOnly: true })
  try {
    const query: Query = (sql, ...parameters) => database.query(sql, ...parameters)
    const progress = parse(database.get('progress')) as StoredProgress | undefined
    const output = parse(database.get('output')) as StoredOutput | undefined
    const selection = output?.selection
    const counts = selection === undefined ? countRows(query) : { ...noRows, ok: selection.kept }
    const isWhole = progress?.total !== undefined || selection?.end !== undefined
    const isFinished = output?.isFinished === true && isWhole
    return {
      folder,
      manifest,
      state: lock === undefined ? 'running' : isFinished ? 'finished' : 'unfinished',
      counts,
      done: Object.values(counts).reduce((sum, count) => sum + count, 0),
      total: selection?.rows ?? (progress?.total === undefined ? undefined : progress.total * manifest.numGenerations),
      requests: progress?.requests ?? 0,
      tokens: progress?.tokens ?? { input: 0, output: 0 },
      wastedTokens: progress?.wastedTokens ?? { input: 0, output: 0 },
      errors: groupErrors(query),
      totalMs: percentiles(query, 'total_ms', 'where attempts > 0'),
      firstTokenMs: percentiles(query, 'first_token_ms', 'where first_token_ms is not null'),
      outputTokens: percentiles(query, 'output_tokens', 'where output_tokens is not null'),
      selection: selection && toProgress(selection),
    }
  } finally {
    database.close()
  }
}

const noRows: RowCounts = { ok: 0, invalid: 0, refused: 0, 'too-long': 0, failed: 0, cancelled: 0 }

function toProgress({ rows, candidates, rejected, cut, example }: StoredSelection): SelectionProgress {
  return { rows, candidates, rejected, cut, example }
}

function countRows(query: Query): RowCounts {
  const counts = { ...noRows }
  for (const [status, count] of query('select status, count(*) from row group by status')) {
    counts[storedStatuses[status as number] as StoredStatus] = count as number
  }
  const [[unaccepted] = [0]] = query('select count(*) from verdict')
  counts.ok -= unaccepted as number
  counts.invalid += unaccepted as number
  return counts
}

function groupErrors(query: Query): readonly ErrorGroup[] {
  const groups = query(
    'select status, code, count(*), min(id) from row where status > 0 group by status, code order by count(*) desc',
  ).map(([status, code, count, id]): ErrorGroup => {
    const [[raw] = []] = query('select raw from answer where id = ?', id as number)
    const { error } = JSON.parse(Buffer.from(raw as Uint8Array).toString()) as { error?: { message: string } }
    return {
      status: storedStatuses[status as number] as StoredStatus,
      code: (code as string | null) ?? '',
      count: count as number,
      example: error?.message ?? '',
    }
  })
  const [[count, message] = [0]] = query('select count(*), message from verdict')
  if (count === 0) return groups
  return [...groups, { status: 'invalid', code: 'READ', count: count as number, example: String(message) }]
}

/** @param filter - Keeps out rows that have no such value. */
function percentiles(query: Query, column: string, filter: string): Percentiles | undefined {
  const [[count] = [0]] = query(`select count(*) from row ${filter}`)
  if (count === 0) return undefined
  const at = (share: number): number => {
    const offset = Math.min((count as number) - 1, Math.floor(share * (count as number)))
    const [[value] = []] = query(`select ${column} from row ${filter} order by ${column} limit 1 offset ?`, offset)
    return value as number
  }
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function parse(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json)
}
