/**
 * The state of an Inference Endpoint. A word that this version does not know is passed on and taken for one that will
 * change.
 */
export type EndpointState =
  | 'pending'
  | 'initializing'
  | 'updating'
  | 'updateFailed'
  | 'running'
  | 'paused'
  | 'failed'
  | 'scaledToZero'
  | (string & {})

/** A dedicated Inference Endpoint, as the management API describes it. */
export interface InferenceEndpoint {
  readonly name: string
  readonly namespace: string
  /** `public`, `authenticated` (`protected` on old ones) or `private`: who may ask it. */
  readonly type: string | undefined
  readonly state: EndpointState
  /** The server's own words on the state. */
  readonly message: string | undefined
  /** Where it answers. `undefined` before the first deployment and while it is paused. */
  readonly url: string | undefined
  /** From the endpoint's root. */
  readonly healthRoute: string
  /** The model's repository of the Hub. */
  readonly repository: string | undefined
  readonly task: string | undefined
  /** What serves the model: the one key of `model.image`, such as `tgi` or `vLLM`. */
  readonly image: string | undefined
  readonly readyReplica: number | undefined
  readonly targetReplica: number | undefined
  readonly minReplica: number | undefined
  readonly maxReplica: number | undefined
  /** Idle minutes after which it is scaled to zero. */
  readonly scaleToZeroMinutes: number | undefined
  /** Where it runs: `aws us-east-1 nvidia-l4 x1`. */
  readonly hardware: string | undefined
  /** The server's own object. */
  readonly raw: unknown
}

type Json = Readonly<Record<string, unknown>>

/** Reads an endpoint; every field but its name may be missing. */
export function readEndpoint(raw: unknown, namespace: string): InferenceEndpoint {
  const endpoint = object(raw)
  const status = object(endpoint['status'])
  const model = object(endpoint['model'])
  const compute = object(endpoint['compute'])
  const scaling = object(compute['scaling'])
  const provider = object(endpoint['provider'])
  const hardware = [provider['vendor'], provider['region'], compute['instanceType'], compute['instanceSize']]
  return {
    name: string(endpoint['name']) ?? '',
    namespace,
    type: string(endpoint['type']),
    state: string(status['state']) ?? 'unknown',
    message: string(status['message']),
    url: string(status['url'])?.replace(/\/+$/, ''),
    healthRoute: string(endpoint['healthRoute']) ?? '/health',
    repository: string(model['repository']),
    task: string(model['task']),
    image: Object.keys(object(model['image']))[0],
    readyReplica: number(status['readyReplica']),
    targetReplica: number(status['targetReplica']),
    minReplica: number(scaling['minReplica']),
    maxReplica: number(scaling['maxReplica']),
    scaleToZeroMinutes: number(scaling['scaleToZeroTimeout']),
    hardware: hardware.map(string).filter(Boolean).join(' ') || undefined,
    raw,
  }
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
