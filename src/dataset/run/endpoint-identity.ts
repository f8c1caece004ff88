import { basename } from 'node:path'

import { differencesOfModels } from '../compare-manifests.js'
import type { DatasetLLM } from '../dataset-options.js'

/** What an endpoint is called for people: its address, else what it serves. */
export function endpointName(llm: Pick<DatasetLLM, 'toJSON'>): string {
  const { className, config } = llm.toJSON()
  const { modelPath } = config
  if (typeof modelPath === 'string') return basename(modelPath)
  const named = ['endpoint', 'baseUrl', 'endpointName', 'modelId', 'modelUid'].map((name) => config[name])
  return named.find((value) => typeof value === 'string') ?? className
}

/** In what two loaded models differ so that their answers do not belong into one dataset, in words. */
export function compareEndpoints(one: DatasetLLM, other: DatasetLLM): readonly string[] {
  const differences: string[] = []
  const compare = (what: string, first: unknown, second: unknown): void => {
    // What a server does not say it does not contradict.
    if (first === undefined || second === undefined || first === second) return
    differences.push(`${what}: ${JSON.stringify(second)} and ${JSON.stringify(first)}`)
  }
  compare('the model', ...sameKind(one, other))
  compare('the context window', one.metadata.contextWindow, other.metadata.contextWindow)
  return [...differences, ...differencesOfModels(one.toJSON(), other.toJSON())]
}

/** The names of two models, where they are of one kind: what their servers serve, else what they are called. */
function sameKind(one: DatasetLLM, other: DatasetLLM): readonly [string | undefined, string | undefined] {
  const served = [one.metadata.servedModel, other.metadata.servedModel] as const
  return served.every((name) => name !== undefined) ? served : [knownName(one.metadata), knownName(other.metadata)]
}

/** What a model is called, if not by its address. */
export function knownName({ modelName, servedModel }: DatasetLLM['metadata']): string | undefined {
  return /^https?:/.test(modelName) ? servedModel : modelName
}
