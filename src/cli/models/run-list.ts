import type { ModelDescription } from '../../index.js'
import { formatTable } from '../table.js'
import { print, say, toCell } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

export function listModels(args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const models = await client.listModels({ signal })
    if (args.json) print(JSON.stringify(models))
    else if (models.length === 0) say(`No models are running at ${client.endpoint}.`)
    else print(formatTable(['UID', 'FAMILY', 'TYPE', 'ENGINE', 'CONTEXT', 'ABILITIES'], models.map(toRow)))
  })
}

function toRow(model: ModelDescription): readonly string[] {
  const { id, model_name: family, model_type: type, model_engine: engine, context_length: context } = model
  return [id, family, type, engine, context, model.model_ability?.join(' ')].map(toCell)
}
