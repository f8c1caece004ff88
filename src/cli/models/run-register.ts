import type { XinferenceModelType } from '../../index.js'
import { readModelFile } from '../read-model-file.js'
import { show } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

export interface RegistrationArguments extends ModelsArguments {
  readonly type?: XinferenceModelType
  readonly persist?: boolean
}

export function registerModel(file: string, args: RegistrationArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const model = await readModelFile(file)
    const { persist, type } = args
    await client.registerModel(model, { persist, modelType: type, signal })
    const modelName = String(model['model_name'])
    show(args, { modelName }, `${modelName} can be launched.`)
  })
}

export function unregisterModel(modelName: string, args: RegistrationArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    await client.unregisterModel(modelName, { modelType: args.type, signal })
    show(args, { modelName }, `${modelName} is no longer registered.`)
  })
}
