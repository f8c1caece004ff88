import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'

import { FileError } from '../../errors/file-error.js'
import { RunChangedError } from '../../errors/run-changed-error.js'
import { version } from '../../version.js'
import type { SerializedLLM } from '../../llm/llm.js'
import { compareManifests, isSameModel } from '../compare-manifests.js'
import { Journal } from '../journal/journal.js'
import { readManifest, type RunManifest, writeManifest } from '../manifest.js'
import type { Source } from '../sources/source.js'
import { compareIdentities, InputCheck } from './input-check.js'
import { noOutput, type StoredOutput } from './output-pass.js'
import type { StoredProgress } from './totals.js'

export interface OpenRunOptions {
  readonly folder: string
  readonly fork: boolean
  readonly source: (folder: string) => Promise<Source>
  /** Looks at the place of the output before anything is written. @throws HeadraceError when it is not free. */
  readonly checkOutput: (output: StoredOutput | undefined) => Promise<void>
  readonly asked: Omit<
    RunManifest,
    'version' | 'headrace' | 'createdAt' | 'input' | 'model' | 'otherModels' | 'modelName'
  >
  /** That answer the rows, in the order of preference. */
  readonly models: readonly SerializedLLM[]
}

/** A run whose folder this process holds. */
export interface OpenRun {
  readonly journal: Journal
  /** The folder was not there before. */
  readonly isNew: boolean
  readonly source: Source
  readonly manifest: RunManifest
  /** What earlier processes left. */
  readonly progress: StoredProgress | undefined
  readonly output: StoredOutput | undefined
  readonly inputCheck: (onNew: ConstructorParameters<typeof InputCheck>[2]) => InputCheck
}

/**
 * Opens a run, or begins it, and holds it against other processes.
 *
 * @throws HeadraceError `RUN_LOCKED`; `RUN_CHANGED` when it was begun with something else; `FILE_UNREADABLE`.
 */
export async function openRun(options: OpenRunOptions): Promise<OpenRun> {
  const { folder, fork } = options
  const isNew = await makeFolder(folder)
  let journal: Journal | undefined
  try {
    journal = await Journal.open(folder)
    if (fork && (await readManifest(folder)) !== undefined) {
      // The output of the old run may be replaced by that of the new one.
      const owned = (parse(await journal.ask('get', 'output')) as StoredOutput | undefined)?.owned
      await journal.close()
      await rename(folder, asideName(folder))
      await makeFolder(folder)
      journal = await Journal.open(folder)
      await journal.ask('output', JSON.stringify({ ...noOutput, owned }), [])
    }
    return { ...(await readRun(journal, options)), isNew }
  } catch (error) {
    await journal?.close()
    if (isNew) await rm(folder, { recursive: true })
    throw error
  }
}

async function readRun(
  journal: Journal,
  { folder, source: openSource, checkOutput, asked, models }: OpenRunOptions,
): Promise<Omit<OpenRun, 'isNew'>> {
  const progress = parse(await journal.ask('get', 'progress')) as StoredProgress | undefined
  const output = parse(await journal.ask('get', 'output')) as StoredOutput | undefined
  // A run that has no row yet binds nobody to what it was asked for.
  const hasRows = progress !== undefined && Object.values(progress.counts).some((count) => count > 0)
  const isBegun = hasRows || output?.isFinished === true
  if (!isBegun) await journal.ask('reset')
  const before = isBegun ? await readManifest(folder) : undefined
  await checkOutput(output)
  const source = await openSource(folder)
  const input = await source.identify()
  const now: RunManifest = {
    version: 1,
    headrace: version,
    createdAt: new Date().toISOString(),
    input,
    ...asked,
    ...arrangeModels(models, before),
    modelName: undefined,
  }
  const chunks = await journal.ask('chunks')
  const inputCheck: OpenRun['inputCheck'] = (onNew) => new InputCheck(input, chunks, onNew)
  let manifest = now
  if (before === undefined) await writeManifest(folder, now)
  else {
    refuseChanges(folder, compareManifests(before, now))
    manifest = before
    if (compareIdentities(before.input, input)) {
      await inputCheck(() => undefined).checkAll(source)
      manifest = { ...before, input }
      await writeManifest(folder, manifest)
    }
  }
  return { journal, source, manifest, progress: isBegun ? progress : undefined, output, inputCheck }
}

/** The models of a run, the one first with which it was begun: endpoints may come, go and change places. */
function arrangeModels(
  models: readonly SerializedLLM[],
  before: RunManifest | undefined,
): Pick<RunManifest, 'model' | 'otherModels'> {
  const known = before === undefined ? [] : [before.model, ...(before.otherModels ?? [])]
  const isKnown = models.some((model) => known.some((each) => isSameModel(each, model)))
  const model = before !== undefined && isKnown ? before.model : (models[0] as SerializedLLM)
  const others = models.filter((each, index) => {
    const isFirst = models.findIndex((earlier) => isSameModel(earlier, each)) === index
    return isFirst && !isSameModel(each, model)
  })
  return others.length === 0 ? { model } : { model, otherModels: others }
}

/**
 * Notes what the servers say their model is.
 *
 * @throws RunChangedError `RUN_CHANGED` when it was another one before.
 */
export async function noteModelName(
  folder: string,
  manifest: RunManifest,
  modelNames: readonly string[],
): Promise<void> {
  const [modelName] = modelNames
  if (modelName === undefined || (manifest.modelName !== undefined && modelNames.includes(manifest.modelName))) return
  refuseChanges(folder, compareManifests(manifest, { ...manifest, modelName }))
  if (manifest.modelName === undefined) await writeManifest(folder, { ...manifest, modelName })
}

function refuseChanges(folder: string, changes: readonly string[]): void {
  if (changes.length === 0) return
  throw new RunChangedError(
    `The run in ${folder} was begun with something else (${changes.join('; ')}): change it back, or begin a new run with --fork (fork: true).`,
  )
}

/** @returns whether it was not there. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    return (await mkdir(folder, { recursive: true })) !== undefined
  } catch (cause) {
    throw new FileError(`The folder ${folder} cannot be made (${(cause as NodeJS.ErrnoException).code}).`, { cause })
  }
}

function asideName(folder: string): string {
  let number = 1
  while (existsSync(`${folder}.${number}`)) number++
  return `${folder}.${number}`
}

function parse(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json)
}
