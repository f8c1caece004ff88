import type { Runtime } from '../../contract/runtime.js'
import { AbortedError } from '../../errors/aborted-error.js'
import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { LaunchFailedError } from '../../errors/launch-failed-error.js'
import { TimeoutError } from '../../errors/timeout-error.js'
import { onAbort } from '../../transport/signal-listeners.js'
import type { ModelDescription } from '../model-description.js'
import type { LaunchProgress, ModelReplica } from './replica.js'

export interface WaitOptions {
  /** The budget of the wait, apart from any request's own. @defaultValue 1800000 */
  readonly timeoutMs?: number | undefined
  /** Between two looks. @defaultValue 1000 */
  readonly pollMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called at each look, and with 1 at the end. */
  readonly onProgress?: ((progress: LaunchProgress) => void) | undefined
}

/** What the wait asks the server. */
export interface LaunchQuestions {
  describe(modelUid: string): Promise<ModelDescription>
  replicas(modelUid: string): Promise<readonly ModelReplica[]>
  progress(modelUid: string): Promise<LaunchProgress>
}

/** Looks at a miss before it is believed: a server that was just told to launch may not list the model yet. */
const missesBelieved = 15

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
  { timeoutMs = 1_800_000, pollMs = 1000, signal, onProgress }: WaitOptions,
  ask: LaunchQuestions,
  runtime: Runtime,
): Promise<void> {
  const endsAt = runtime.now() + timeoutMs
  let misses = 0
  for (;;) {
    if (signal?.aborted) throw abortedBy(signal)
    const state = await look(modelUid, ask)
    if (state === 'ready') break
    if (state !== 'loading' && ++misses >= missesBelieved) throw state
    if (state === 'loading') misses = 0
    if (onProgress !== undefined) onProgress(await ask.progress(modelUid).catch(() => unknownProgress))
    if (runtime.now() + pollMs > endsAt) {
      const message = `${modelUid} was not ready within ${timeoutMs} ms; it may still be loading: wait longer, or look at the server's log.`
      throw new TimeoutError(message, { phase: 'total', context: { modelUid } })
    }
    await sleep(pollMs, signal, runtime)
  }
  onProgress?.({ progress: 1, stage: 'ready', raw: undefined })
}

async function look(modelUid: string, ask: LaunchQuestions): Promise<'ready' | 'loading' | HeadraceError> {
  try {
    const replicas = await ask.replicas(modelUid)
    const failed = replicas.find((replica) => replica.status === 'ERROR')
    if (failed !== undefined) {
      const reason = failed.errorMessage ?? 'the server gives no reason'
      throw new LaunchFailedError(`${modelUid} failed to launch: ${reason}.`, { context: { modelUid } })
    }
    if (replicas.length > 0) return replicas.every((replica) => replica.status === 'READY') ? 'ready' : 'loading'
    await ask.describe(modelUid)
    return 'ready'
  } catch (error) {
    if (!isHeadraceError(error)) throw error
    if (error.code === 'MODEL_LOADING') return 'loading'
    if (error.code === 'MODEL_NOT_FOUND') return error
    // No such route: a server before 2.
    if (error.code === 'WRONG_SERVER' && error.status === 404) return lookAtDescription(modelUid, ask)
    throw error
  }
}

async function lookAtDescription(modelUid: string, ask: LaunchQuestions): Promise<'ready' | 'loading' | HeadraceError> {
  try {
    await ask.describe(modelUid)
    return 'ready'
  } catch (error) {
    if (!isHeadraceError(error)) throw error
    if (error.code === 'MODEL_LOADING') return 'loading'
    if (error.code === 'MODEL_NOT_FOUND') return error
    throw error
  }
}

const unknownProgress: LaunchProgress = { progress: 0, stage: undefined, raw: undefined }

function sleep(delayMs: number, signal: AbortSignal | undefined, runtime: Runtime): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.setTimer(() => {
      stopListening?.()
      resolve()
    }, delayMs)
    const stopListening =
      signal &&
      onAbort(signal, () => {
        cancel()
        reject(abortedBy(signal))
      })
  })
}

function abortedBy(signal: AbortSignal): AbortedError {
  return new AbortedError('The wait was aborted by the caller; the launch goes on (cancelLaunch ends it).', {
    cause: signal.reason,
  })
}
