import type { Runtime } from '../contract/runtime.js'
import { systemRuntime } from '../transport/system-runtime.js'
import type { GenerateDatasetOptions } from './dataset-options.js'
import { DatasetRun } from './dataset-run.js'

/** What tests inject; nobody else needs it. */
export interface DatasetInternals {
  readonly runtime?: Runtime | undefined
}

/**
 * Sends every row of a source to a model and loses nothing: answers are safe in the run's journal before they count, a
 * run that was interrupted at any instant goes on where it was when it is started again, and memory does not grow with
 * the rows.
 *
 * The run begins at once. Await it for its summary; iterate over it for the finished rows, in the order of the input.
 *
 * @throws HeadraceError by the promise: `INVALID_OPTION`, `RUN_CHANGED`, `RUN_LOCKED`, `OUTPUT_EXISTS`, `DISK_FULL`, and
 * what makes any further request pointless, such as `AUTHENTICATION_FAILED`. What was answered is kept.
 */
export function generateDataset(options: GenerateDatasetOptions, internals: DatasetInternals = {}): DatasetRun {
  return new DatasetRun(options, internals.runtime ?? systemRuntime)
}
