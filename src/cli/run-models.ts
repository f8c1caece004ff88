import type { ModelDescription } from '../xinference/model-description.js'
import type { LaunchOptions, XinferenceModelType } from '../xinference/client/launch-options.js'
import type { ServerObject, XinferenceClient } from '../xinference/client/xinference-client.js'
import { failureToJSON } from './answer-json.js'
import { exitCodeOf, reportFailure } from './failure.js'
import { Interrupt } from './interrupt.js'
import { LaunchBar } from './launch-bar.js'
import { readModelFile } from './read-model-file.js'
import { readPassword } from './read-password.js'
import { formatTable } from './table.js'
import { printable } from './terminal.js'

/** Which server, who asks, and how the answer is shown. */
export interface ModelsArguments {
  readonly endpoint?: string
  readonly apiKey?: string
  readonly username?: string
  readonly json?: boolean
}

export interface WaitArguments extends ModelsArguments {
  /** Seconds. */
  readonly timeout?: number
}

export interface RegistrationArguments extends ModelsArguments {
  readonly type?: XinferenceModelType
  readonly persist?: boolean
}

export interface LaunchArguments extends WaitArguments {
  readonly uid?: string
  readonly type?: XinferenceModelType
  readonly engine?: string
  readonly format?: string
  readonly size?: string
  readonly quantization?: string
  readonly path?: string
  readonly replica?: number
  readonly gpus?: number
  readonly cpu?: boolean
  readonly option?: Readonly<Record<string, unknown>>
  readonly wait?: boolean
}

/** @returns the exit code, here and below. */
export function listModels(args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const models = await client.listModels({ signal })
    if (args.json) print(JSON.stringify(models))
    else if (models.length === 0) say(`No models are running at ${client.endpoint}.`)
    else print(formatTable(['UID', 'FAMILY', 'TYPE', 'ENGINE', 'CONTEXT', 'ABILITIES'], models.map(toRow)))
  })
}

export function launchModel(name: string, args: LaunchArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const modelUid = await client.launchModel(toLaunchOptions(name, args), { signal })
    if (args.wait === false) {
      show(args, { modelUid, ready: false }, modelUid)
      return
    }
    await waitUntilReady(client, modelUid, args, signal)
    show(args, { modelUid, ready: true }, modelUid)
  })
}

export function waitForModel(modelUid: string, args: WaitArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    await waitUntilReady(client, modelUid, args, signal)
    show(args, { modelUid, ready: true }, modelUid)
  })
}

export function terminateModel(modelUid: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    await client.terminateModel(modelUid, { signal })
    show(args, { modelUid }, `${modelUid} is ended.`)
  })
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

export function listEngines(name: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const engines = await client.listEngines(name, { signal })
    if (args.json) print(JSON.stringify(engines))
    else
      print(formatTable(['ENGINE', 'FORMAT', 'SIZE', 'QUANTIZATIONS'], Object.entries(engines).flatMap(toEngineRows)))
  })
}

async function withClient(
  args: ModelsArguments,
  act: (client: XinferenceClient, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  let interrupt: Interrupt | undefined
  let client: XinferenceClient | undefined
  try {
    const { endpoint, apiKey, username } = args
    const password = await readPassword(username)
    // Only now: while a password is typed, Ctrl-C ends the command.
    interrupt = new Interrupt()
    const { XinferenceClient: Client } = await import('../xinference/client/xinference-client.js')
    client = new Client({ endpoint, apiKey, username, password })
    await act(client, interrupt.signal)
    return 0
  } catch (error) {
    if (args.json) print(JSON.stringify(failureToJSON(error)))
    else if (interrupt?.exitCode === undefined) reportFailure(error)
    return interrupt?.exitCode ?? exitCodeOf(error)
  } finally {
    interrupt?.[Symbol.dispose]()
    await client?.close()
  }
}

async function waitUntilReady(
  client: XinferenceClient,
  modelUid: string,
  { timeout, json }: WaitArguments,
  signal: AbortSignal,
): Promise<void> {
  const bar = json ? undefined : await LaunchBar.open(modelUid)
  try {
    const timeoutMs = timeout === undefined ? undefined : timeout * 1000
    await client.waitUntilReady(modelUid, { timeoutMs, signal, onProgress: (progress) => bar?.show(progress) })
  } finally {
    bar?.close()
    if (signal.aborted) say(`The launch goes on; headrace models terminate ${modelUid} ends it.`)
  }
}

function toLaunchOptions(modelName: string, args: LaunchArguments): LaunchOptions {
  const { uid, type, engine, format, size, quantization, path, replica, gpus, cpu, option } = args
  return {
    modelName,
    modelUid: uid,
    modelType: type,
    modelEngine: engine,
    modelFormat: format,
    modelSizeInBillions: size !== undefined && /^\d+$/.test(size) ? Number(size) : size?.replace('.', '_'),
    quantization,
    modelPath: path,
    replica,
    nGpu: cpu ? 'cpu' : gpus,
    engineOptions: option,
  }
}

function toRow(model: ModelDescription): readonly string[] {
  const { id, model_name: family, model_type: type, model_engine: engine, context_length: context } = model
  return [id, family, type, engine, context, model.model_ability?.join(' ')].map(toCell)
}

function toEngineRows([engine, value]: readonly [string, readonly ServerObject[] | string]): readonly string[][] {
  if (typeof value === 'string') return [[engine, `not available: ${value}`]]
  return value.map((spec) => {
    const { model_format: format, model_size_in_billions: size, quantizations } = spec
    const names = Array.isArray(quantizations) ? quantizations.join(' ') : (quantizations ?? spec['quantization'])
    return [engine, format, size, names].map(toCell)
  })
}

function toCell(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return text === '""' ? '-' : text || '-'
}

function show({ json }: ModelsArguments, object: object, line: string): void {
  print(json ? JSON.stringify(object) : printable(line))
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}
