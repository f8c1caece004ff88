import { isHeadraceError } from '../../errors/headrace-error.js'
import type { ModelDescription, ModelReplica, XinferenceClient } from '../../index.js'
import { formatTable } from '../table.js'
import { print, say, toCell } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

/** What people want to know, by the server's names; the rest is in `--json`. */
const fields = [
  ['family', 'model_name'],
  ['type', 'model_type'],
  ['engine', 'model_engine'],
  ['format', 'model_format'],
  ['size', 'model_size_in_billions'],
  ['quantization', 'quantization'],
  ['context', 'context_length'],
  ['abilities', 'model_ability'],
] as const

export function describeModel(modelUid: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const replicas = await listReplicas(client, modelUid, signal)
    const description = await client.describeModel(modelUid, { signal }).catch((error: unknown) => {
      // One that loads or has failed has no description, and its copies say more.
      if (replicas.length > 0) return undefined
      throw error
    })
    if (args.json) {
      print(JSON.stringify({ ...description, replicas: replicas.map(({ raw }) => raw) }))
      return
    }
    if (description !== undefined) print(formatDescription(modelUid, description))
    else say(`${modelUid} is not ready.`)
    if (replicas.length > 0) print(formatTable(['REPLICA', 'STATUS', 'WORKER', 'REASON'], replicas.map(toRow)))
  })
}

async function listReplicas(
  client: XinferenceClient,
  modelUid: string,
  signal: AbortSignal,
): Promise<readonly ModelReplica[]> {
  try {
    return await client.listReplicas(modelUid, { signal })
  } catch (error) {
    // A server before 2.
    if (isHeadraceError(error) && error.code === 'WRONG_SERVER' && error.status === 404) return []
    throw error
  }
}

function formatDescription(modelUid: string, description: ModelDescription): string {
  const lines = fields
    .map(([name, field]) => [name, description[field]] as const)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : toCell(value)])
  return formatTable(['uid', modelUid], lines)
}

function toRow({ id, status, workerAddress, errorMessage }: ModelReplica): readonly string[] {
  return [id, status, workerAddress, errorMessage].map(toCell)
}
