/** One running copy of a model. */
export interface ModelReplica {
  readonly id: number | string
  /** `CREATING`, `LOADING`, `READY`, `ERROR`, `TERMINATING`, `TERMINATED`, `UPDATING`. */
  readonly status: string
  /** Why the status is `ERROR`. */
  readonly errorMessage: string | undefined
  /** The worker that it is on. */
  readonly workerAddress: string | undefined
  /** The server's own object. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** How far a launch is. */
export interface LaunchProgress {
  /** 0 to 1. */
  readonly progress: number
  /** `pending`, `launching`, `downloading`, `loading`; since server 3.2. */
  readonly stage: string | undefined
  /** The server's own object. */
  readonly raw: unknown
}

export function readReplica(raw: Readonly<Record<string, unknown>>): ModelReplica {
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    id: (raw['replica_id'] ?? raw['replica_model_uid'] ?? '') as number | string,
    status: text(raw['status']) ?? 'UNKNOWN',
    // Without the process that raised it, which helps nobody here.
    errorMessage: text(raw['error_message'])?.replace(/^\[address=[^\]]*\] */, ''),
    workerAddress: text(raw['worker_address']),
    raw,
  }
}

export function readProgress(raw: unknown): LaunchProgress {
  const { progress, stage } = (raw ?? {}) as { progress?: unknown; stage?: unknown }
  const share = typeof progress === 'number' && Number.isFinite(progress) ? Math.min(1, Math.max(0, progress)) : 0
  return { progress: share, stage: typeof stage === 'string' ? stage : undefined, raw }
}
