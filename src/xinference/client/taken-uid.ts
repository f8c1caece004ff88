import { type HeadraceError, isHeadraceError } from '../../errors/headrace-error.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import type { ModelReplica } from './replica.js'

/** Whether a launch was refused because a model has the uid. */
export function isTakenUid(error: unknown): error is HeadraceError {
  return isHeadraceError(error) && /already in the model list/i.test(error.message)
}

/** The refusal with advice. */
export function takenUid(refusal: HeadraceError, modelUid: string, url: string): InvalidRequestError {
  return new InvalidRequestError(
    `${url} has a model with the uid ${modelUid} already: choose another modelUid, or end that one (terminateModel) first.`,
    { status: refusal.status, cause: refusal },
  )
}

/** What is asked about the uid, and what ends what is there. */
export interface TakenUidQuestions {
  readonly replicas: (modelUid: string) => Promise<readonly ModelReplica[]>
  /** Of servers without replicas. */
  readonly instances: (modelUid: string) => Promise<readonly ModelReplica[]>
  readonly terminate: (modelUid: string) => Promise<void>
}

/**
 * Old servers keep the uid of a launch that failed (Xinference 0.9 to 1.x, xorbitsai/inference#2764): it has to be ended
 * before it can be used again. That is done only where the server itself says that all under the uid has failed.
 *
 * @returns whether the uid is free now.
 */
export async function freeFailedUid(modelUid: string, ask: TakenUidQuestions): Promise<boolean> {
  if (!(await hasFailed(modelUid, ask))) return false
  try {
    await ask.terminate(modelUid)
    return true
  } catch (error) {
    return isHeadraceError(error) && error.code === 'MODEL_NOT_FOUND'
  }
}

async function hasFailed(modelUid: string, { replicas, instances }: TakenUidQuestions): Promise<boolean> {
  for (const look of [replicas, instances]) {
    const parts = await look(modelUid).catch(() => [])
    if (parts.length > 0) return parts.every(({ status }) => status === 'ERROR')
  }
  return false
}
