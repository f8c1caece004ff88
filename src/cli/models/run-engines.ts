import type { ServerObject } from '../../index.js'
import { formatTable } from '../table.js'
import { print, toCell } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

export function listEngines(name: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const engines = await client.listEngines(name, { signal })
    if (args.json) print(JSON.stringify(engines))
    else print(formatTable(['ENGINE', 'FORMAT', 'SIZE', 'QUANTIZATIONS'], Object.entries(engines).flatMap(toRows)))
  })
}

function toRows([engine, value]: readonly [string, readonly ServerObject[] | string]): readonly string[][] {
  if (typeof value === 'string') return [[engine, `not available: ${value}`]]
  return value.map((spec) => {
    const { model_format: format, model_size_in_billions: size, quantizations } = spec
    const names = Array.isArray(quantizations) ? quantizations.join(' ') : (quantizations ?? spec['quantization'])
    return [engine, format, size, names].map(toCell)
  })
}
