import { isDeepStrictEqual } from 'node:util'

import type { SerializedLLM } from '../llm/llm.js'
import type { RunManifest } from './manifest.js'

/** How a model is reached and waited for, which says nothing about what it answers. */
const reaching: ReadonlySet<string> = new Set([
  'endpoint',
  'baseUrl',
  'apiKey',
  'headers',
  'caFile',
  'timeouts',
  'maxRetries',
  'waitTimeoutMs',
  'wireMode',
  'username',
  'password',
  'modelPath',
  'threads',
  'parallel',
  'gpuLayers',
  'unsupportedOptions',
])

/** What a run would do differently from how it was begun, in words: `options.temperature: 0.7 is now 1`. The input apart. */
export function compareManifests(before: RunManifest, now: RunManifest): readonly string[] {
  const parts = (manifest: RunManifest): Readonly<Record<string, unknown>> => ({
    task: manifest.task,
    model: modelOf(manifest.model),
    options: withoutReaching(manifest.options),
    numGenerations: manifest.numGenerations,
  })
  const differences = differ(parts(before), toJSON(parts(now)), '')
  const { modelName } = before
  if (modelName !== undefined && now.modelName !== undefined && modelName !== now.modelName) {
    differences.push(`the model at the address: ${JSON.stringify(modelName)} is now ${JSON.stringify(now.modelName)}`)
  }
  return differences
}

/** What a model is called where it is, which says little about what it is. */
const naming: ReadonlySet<string> = new Set([
  'modelUid',
  'modelId',
  'provider',
  'billTo',
  'endpointName',
  'endpointNamespace',
  'modelDescription',
  'modelDisplayName',
  'engine',
  'contextWindow',
])

/** What two models of one run are asked differently, in words: `generationKwargs.temperature: 0.7 and 1`. */
export function differencesOfModels(one: SerializedLLM, other: SerializedLLM): readonly string[] {
  const options = ({ config }: SerializedLLM): unknown =>
    toJSON(Object.fromEntries(Object.entries(withoutReaching(config)).filter(([name]) => !naming.has(name))))
  return differ(options(one), options(other), '', 'and')
}

/** Whether two models are the same but for how they are reached. */
export function isSameModel(one: SerializedLLM, other: SerializedLLM): boolean {
  return isDeepStrictEqual(modelOf(one), modelOf(other))
}

function modelOf({ className, config }: SerializedLLM): unknown {
  return toJSON({ className, ...withoutReaching(config) })
}

function withoutReaching(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !reaching.has(name)))
}

function toJSON(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

function differ(before: unknown, now: unknown, path: string, link: string = 'is now'): string[] {
  if (isDeepStrictEqual(before, now)) return []
  if (isRecord(before) && isRecord(now)) {
    const names = new Set([...Object.keys(before), ...Object.keys(now)])
    return [...names].flatMap((name) => differ(before[name], now[name], path === '' ? name : `${path}.${name}`, link))
  }
  return [`${path}: ${show(before)} ${link} ${show(now)}`]
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value)
  return json.length > 80 ? `${json.slice(0, 80)}...` : json
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
