import type { LaunchOptions, XinferenceClient, XinferenceModelType } from '../../index.js'
import { describeFailure } from '../failure.js'
import { LaunchBar } from '../launch-bar.js'
import { say, show } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

/** How long the server gets to cancel a launch after Ctrl-C. */
const cancelMs = 10_000

export interface WaitArguments extends ModelsArguments {
  /** Seconds. */
  readonly timeout?: number
  readonly cancelOnInterrupt?: boolean
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

export function launchModel(name: string, args: LaunchArguments): Promise<number> {
  return withWaiting(args, async (client, signal) => {
    const modelUid = await launch(client, toLaunchOptions(name, args), signal)
    if (args.wait === false) {
      show(args, { modelUid, ready: false }, modelUid)
      return
    }
    await waitUntilReady(client, modelUid, args, signal)
    show(args, { modelUid, ready: true }, modelUid)
  })
}

export function waitForModel(modelUid: string, args: WaitArguments): Promise<number> {
  return withWaiting(args, async (client, signal) => {
    await waitUntilReady(client, modelUid, args, signal)
    show(args, { modelUid, ready: true }, modelUid)
  })
}

export function cancelLaunch(modelUid: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    await client.cancelLaunch(modelUid, { signal })
    show(args, { modelUid }, `The launch of ${modelUid} is cancelled.`)
  })
}

function withWaiting(args: WaitArguments, act: Parameters<typeof withClient>[1]): Promise<number> {
  return withClient(args, act, { graceMs: args.cancelOnInterrupt ? cancelMs : undefined })
}

async function launch(client: XinferenceClient, options: LaunchOptions, signal: AbortSignal): Promise<string> {
  try {
    return await client.launchModel(options, { signal })
  } finally {
    if (signal.aborted) say('The server may have begun to launch; headrace models list shows what it runs.')
  }
}

async function waitUntilReady(
  client: XinferenceClient,
  modelUid: string,
  args: WaitArguments,
  signal: AbortSignal,
): Promise<void> {
  const { timeout, json } = args
  const bar = json ? undefined : await LaunchBar.open(modelUid)
  try {
    const timeoutMs = timeout === undefined ? undefined : timeout * 1000
    await client.waitUntilReady(modelUid, { timeoutMs, signal, onProgress: (progress) => bar?.show(progress) })
  } finally {
    bar?.close()
    if (signal.aborted) await leave(client, modelUid, args)
  }
}

/** After Ctrl-C. */
async function leave(client: XinferenceClient, modelUid: string, { cancelOnInterrupt }: WaitArguments): Promise<void> {
  if (!cancelOnInterrupt) {
    say(`The launch goes on; headrace models cancel ${modelUid} ends it.`)
    return
  }
  try {
    await client.cancelLaunch(modelUid, { timeoutMs: cancelMs })
    say(`The launch of ${modelUid} is cancelled.`)
  } catch (error) {
    say(`The launch of ${modelUid} may go on, it could not be cancelled: ${describeFailure(error)}`)
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
