import type { Warning } from '../contract/response.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { type BaseUrl, parseBaseUrl } from './base-url.js'
import type { InferenceEndpointsOptions } from './options.js'

/** Where the model is, as the options say. */
export type Target =
  | { readonly kind: 'serverless'; readonly modelId: string }
  | { readonly kind: 'dedicated'; readonly endpointName: string; readonly endpointNamespace: string | undefined }
  | { readonly kind: 'url'; readonly baseUrl: BaseUrl }

/**
 * The one target that the options name. A `baseUrl` beside another one is not used, and a warning says so.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when there is none, or when it is not clear which one is meant.
 */
export function findTarget(options: InferenceEndpointsOptions): {
  readonly target: Target
  readonly warnings: readonly Warning[]
} {
  const { modelId, endpointName, endpointNamespace, baseUrl } = options
  if (modelId !== undefined && endpointName !== undefined) {
    throw wrong('modelId and endpointName are two places: give one of them', 'endpointName')
  }
  if (endpointNamespace !== undefined && endpointName === undefined) {
    throw wrong('endpointNamespace goes with endpointName: give both or none', 'endpointNamespace')
  }
  const parsed = baseUrl === undefined ? undefined : parseBaseUrl(baseUrl, 'baseUrl')
  if (modelId === undefined && endpointName === undefined) {
    if (parsed === undefined)
      throw wrong('one of modelId, endpointName and baseUrl must say where the model is', 'modelId')
    for (const option of ['provider', 'billTo'] as const) {
      if (options[option] !== undefined) throw wrong(`${option} goes with modelId`, option)
    }
    return { target: { kind: 'url', baseUrl: parsed }, warnings: [] }
  }
  const other = modelId === undefined ? 'endpointName' : 'modelId'
  const warnings =
    parsed === undefined
      ? []
      : [{ code: 'base-url-unused', message: `baseUrl is not used: the address is found by ${other}. Leave one out.` }]
  if (endpointName !== undefined) {
    for (const option of ['provider', 'billTo'] as const) {
      if (options[option] !== undefined) throw wrong(`${option} goes with modelId`, option)
    }
    return { target: { kind: 'dedicated', endpointName, endpointNamespace }, warnings }
  }
  return { target: { kind: 'serverless', modelId: modelId as string }, warnings }
}

function wrong(reason: string, option: string): InvalidOptionError {
  return new InvalidOptionError(`InferenceEndpointsLLM: ${reason}.`, { option })
}
