import { z } from 'zod'

import type { Runtime } from '../../contract/runtime.js'
import { AbortedError } from '../../errors/aborted-error.js'
import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { LaunchFailedError } from '../../errors/launch-failed-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { TimeoutError } from '../../errors/timeout-error.js'
import { milliseconds, type Shape, signalSchema } from '../../llm/options-schema.js'
import { parseOptions } from '../../llm/parse-options.js'
import { sleep } from '../../transport/sleep.js'
import type { ModelDescription } from '../model-description.js'
import type { LaunchProgress, ModelReplica } from './replica.js'

/** How far a launch is, and each of its copies. */
export interface WaitProgress extends LaunchProgress {
  /** Empty for servers before 2, and while the server does not show the model yet. */
  readonly replicas: readonly ModelReplica[]
}

export interface WaitOptions {
  /** The budget of the wait as a whole, in milliseconds. @defaultValue 1800000 */
  readonly timeoutMs?: number | undefined
  /** Between two looks, in milliseconds. @defaultValue 1000 */
  readonly pollMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called at each look, and with 1 at the end. */
  readonly onProgress?: ((progress: WaitProgress) => void) | undefined
}

const waitShape: Shape<WaitOptions> = {
  timeoutMs: milliseconds,
  pollMs: milliseconds,
  signal: signalSchema.optional(),
  onProgress: z.custom<NonNullable<WaitOptions['onProgress']>>((value) => typeof value === 'function').optional(),
}

const waitSchema: z.ZodType<WaitOptions, WaitOptions> = z.strictObject(waitShape)

/** What the wait asks the server, each within so many milliseconds at most. */
export interface LaunchQuestions {
  describe(modelUid: string, timeoutMs: number): Promise<ModelDescription>
  replicas(modelUid: string, timeoutMs: number): Promise<readonly ModelReplica[]>
  /** Of servers without replicas: the whole model's state. Empty where nothing of that name is launched. */
  instances(modelUid: string, timeoutMs: number): Promise<readonly ModelReplica[]>
  progress(modelUid: string, timeoutMs: number): Promise<LaunchProgress>
}

/**
 * For how long a model may be missing, or the server not answer, before it is believed: a server that was just told to
 * launch may not list the model yet, and remembers for 10 s that it had none (Xinference 3.2).
 */
const missBelievedMs = 15_000

/** What a model turned out to be at a look: a failure is believed when it lasts. */
type State = 'ready' | 'loading' | HeadraceError

interface Look {
  readonly state: State
  readonly replicas: readonly ModelReplica[]
}

/**
 * Resolves when every replica of a model is ready.
 *
 * Replicas are asked (since server 2), because they alone carry the reason of a failure; a server without that route is
 * asked for the model's description until it has one.
 *
 * @throws HeadraceError `LAUNCH_FAILED` with the server's reason, `MODEL_NOT_FOUND`, `TIMEOUT`, `ABORTED`.
 */
export async function waitUntilReady(
  modelUid: string,
  options: WaitOptions,
  ask: LaunchQuestions,
  runtime: Runtime,
): Promise<void> {
  const {
    timeoutMs = 1_800_000,
    pollMs = 1000,
    signal,
    onProgress,
  } = parseOptions(waitSchema, options, 'waitUntilReady')
  const endsAt = runtime.now() + timeoutMs
  const leftMs = (): number => endsAt - runtime.now()
  let wasSeen = false
  let missingSince: number | undefined
  let progress: LaunchProgress = { progress: 0, stage: undefined, raw: undefined }
  let state: State = 'loading'
  let replicas: readonly ModelReplica[] = []
  for (;;) {
    if (signal?.aborted) throw abortedBy(signal)
    if (leftMs() <= 0) throw tooLate(modelUid, timeoutMs, state)
    ;({ state, replicas } = await look(modelUid, ask, leftMs()))
    if (signal?.aborted) throw abortedBy(signal)
    if (state === 'ready') break
    if (state === 'loading') {
      wasSeen = true
      missingSince = undefined
    } else {
      missingSince ??= runtime.now()
      if (runtime.now() - missingSince >= missBelievedMs) throw wasSeen ? vanished(modelUid, state) : state
    }
    if (onProgress !== undefined && leftMs() > 0) {
      progress = await ask.progress(modelUid, leftMs()).catch(() => progress)
      onProgress({ ...progress, replicas })
    }
    await sleep(Math.max(0, Math.min(pollMs, leftMs())), signal, runtime, abortedBy)
  }
  onProgress?.({ progress: 1, stage: 'ready', raw: undefined, replicas })
}

async function look(modelUid: string, ask: LaunchQuestions, timeoutMs: number): Promise<Look> {
  let replicas: readonly ModelReplica[] = []
  try {
    replicas = await ask.replicas(modelUid, timeoutMs)
    if (replicas.length > 0) return { state: stateOf(modelUid, replicas), replicas }
    await ask.describe(modelUid, timeoutMs)
    return { state: 'ready', replicas }
  } catch (error) {
    // No such route: a server before 2.
    if (isHeadraceError(error) && error.code === 'WRONG_SERVER' && error.status === 404) {
      return { state: await lookAtWhole(modelUid, ask, timeoutMs), replicas }
    }
    return { state: toState(error), replicas }
  }
}

/** A server before 2 has no description of a model while it loads, and knows only the state of the whole. */
async function lookAtWhole(modelUid: string, ask: LaunchQuestions, timeoutMs: number): Promise<State> {
  try {
    await ask.describe(modelUid, timeoutMs)
    return 'ready'
  } catch (error) {
    const state = toState(error)
    if (typeof state === 'string' || state.code !== 'MODEL_NOT_FOUND') return state
    const instances = await ask.instances(modelUid, timeoutMs).catch(() => [])
    return instances.length === 0 ? state : stateOf(modelUid, instances)
  }
}

function stateOf(modelUid: string, replicas: readonly ModelReplica[]): State {
  const failed = replicas.find(({ status }) => status === 'ERROR')
  if (failed !== undefined) {
    const reason = (failed.errorMessage ?? 'the server gives no reason').trim().replace(/\.+$/, '')
    const error = new LaunchFailedError(`${modelUid} failed to launch: ${reason}.`, { context: { modelUid } })
    // The reason comes some seconds after the state (server 4.1).
    if (failed.errorMessage === undefined) return error
    throw error
  }
  if (replicas.every(({ status }) => status === 'READY')) return 'ready'
  if (replicas.every(({ status }) => status.startsWith('TERMINAT'))) {
    return new ModelNotFoundError(`${modelUid} was ended.`, { available: [] })
  }
  return 'loading'
}

/** What may pass is waited for. @throws unknown what never will. */
function toState(error: unknown): State {
  if (!isHeadraceError(error)) throw error
  if (error.code === 'MODEL_LOADING') return 'loading'
  if (error.code === 'MODEL_NOT_FOUND' || error.code === 'TIMEOUT' || error.isRetryable) return error
  throw error
}

function vanished(modelUid: string, cause: HeadraceError): HeadraceError {
  if (cause.code !== 'MODEL_NOT_FOUND') return cause
  return new LaunchFailedError(`${modelUid} vanished while it was loading: look at the server's log.`, {
    cause,
    context: { modelUid },
  })
}

function tooLate(modelUid: string, timeoutMs: number, state: State): TimeoutError {
  const why =
    typeof state === 'string'
      ? "it may still be loading: wait longer, or look at the server's log."
      : `at the last look: ${state.message}`
  const message = `${modelUid} was not ready within ${timeoutMs} ms; ${why}`
  return new TimeoutError(message, {
    phase: 'total',
    context: { modelUid },
    ...(typeof state === 'string' ? {} : { cause: state }),
  })
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The wait was aborted by the caller; the launch goes on (cancelLaunch ends it).', {
    cause: signal.reason,
  })
}
