import type { CallOptions } from '../contract/options.js'
import type { LLM } from '../llm/llm.js'
import type { Row, Task } from '../tasks/task.js'
import type { Sink } from './sinks/sink.js'
import type { Source } from './sources/source.js'

/** What a run needs of a model; every `LLM` has it. */
export interface DatasetLLM
  extends
    Pick<LLM, 'generateOne' | 'prepareInput' | 'metadata' | 'maxConcurrency' | 'toJSON' | 'unload'>,
    Partial<Pick<LLM, 'readLoad'>> {
  load(): Promise<DatasetLLM>
  with(changes: {
    readonly maxRetries?: number
    readonly waitTimeoutMs?: number
    readonly useMagpieTemplate?: boolean
  }): DatasetLLM
}

/** What tokens cost, in any currency, a million tokens. */
export interface TokenPrices {
  readonly input: number
  readonly output: number
}

/** JSON Lines that can be read only once, such as `{ bytes: process.stdin }`. They are first copied into the run's folder. */
export interface InputBytes {
  readonly bytes: AsyncIterable<string | Uint8Array>
}

export interface GenerateDatasetOptions {
  /** The model, or the same model at several addresses. */
  readonly llm: DatasetLLM | readonly DatasetLLM[]
  /**
   * How several models share the rows: `together`, each takes the next row when it has room; `fallback`, all rows go to the
   * first one that works, in the order given.
   *
   * @defaultValue 'together'
   */
  readonly endpoints?: 'together' | 'fallback' | undefined
  /** Take several endpoints although they serve different models, context windows or options. @defaultValue false */
  readonly allowDifferentModels?: boolean | undefined
  /**
   * Ask for some of the last rows a second time, at most 2 % of all requests, where there is room for nothing else: rows that
   * take longer than nearly all others, and rows of an endpoint that is slower. The first answer counts.
   *
   * @defaultValue true
   */
  readonly hedge?: boolean | undefined
  /**
   * Rows, a source such as `jsonlSource`, or a path: of a file, whose name says what it is (`.parquet`, `.csv`, `.tsv`, else
   * JSON Lines; `*` and `?` stand for several files), or of a dataset folder.
   */
  readonly source: Source | InputBytes | Iterable<Row> | AsyncIterable<Row> | string
  /** What to ask for a row. @defaultValue `columnsTask()` */
  readonly task?: Task | undefined
  /**
   * Where the rows go: a sink such as `jsonlSink`, or a path whose name says what is written (`.parquet`, `.csv`, `.tsv`, a
   * dataset folder where it ends in `/`, else JSON Lines). Absent: only into the journal.
   */
  readonly sink?: Sink | string | undefined
  /** The run's folder. @defaultValue the path of `sink` with `.run` appended; needed where that is not a path */
  readonly folder?: string | undefined
  /** Answers a row. @defaultValue 1 */
  readonly numGenerations?: number | undefined
  /** Options of every request, over the model's own. */
  readonly options?: Omit<CallOptions, 'n' | 'signal'> | undefined
  /**
   * Requests in flight at each endpoint, capped by what the back end can do at once. `auto`: as many as fill the server and
   * wait for less than a second there, found out and followed by the best signal that the server gives.
   *
   * @defaultValue 'auto'
   */
  readonly concurrency?: number | 'auto' | undefined
  /** The most that `concurrency: 'auto'` may come to, at each endpoint. @defaultValue 4096 */
  readonly maxConcurrency?: number | undefined
  /** How often a row is asked again after the server's or the network's fault. @defaultValue 5 */
  readonly maxRetries?: number | undefined
  /**
   * How long the run waits, in milliseconds, while the server refuses, loads its model or is not there, before it gives
   * up. Everything is kept.
   *
   * @defaultValue 900000
   */
  readonly patienceMs?: number | undefined
  /** Only the first so many rows of the input. A later run may go further. */
  readonly limit?: number | undefined
  /** Only so many rows, drawn by `seed`: the same ones each time. */
  readonly sample?: { readonly rows: number; readonly seed?: number | undefined } | undefined
  /** Stop when input and output tokens of the whole run, wasted ones included, have reached this. */
  readonly maxTokensTotal?: number | undefined
  /** Stop when the whole run has cost so much by `prices`. */
  readonly maxCost?: number | undefined
  readonly prices?: TokenPrices | undefined
  /** Ask the rows again that ended as `failed` in an earlier part of the run. @defaultValue false */
  readonly retryFailed?: boolean | undefined
  /** Where the folder holds a run of another input, task or model: keep that one aside and begin anew. @defaultValue false */
  readonly fork?: boolean | undefined
  /** Ends the run at once, with `ABORTED`. What was answered is kept. */
  readonly signal?: AbortSignal | undefined
}
