import { show } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

export function terminateModel(modelUid: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    await client.terminateModel(modelUid, { signal })
    show(args, { modelUid }, `${modelUid} is ended.`)
  })
}
