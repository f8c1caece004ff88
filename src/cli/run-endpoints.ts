import type { EndpointsClient } from '../huggingface/endpoints/endpoints-client.js'
import type { InferenceEndpoint } from '../huggingface/endpoints/inference-endpoint.js'
import { failureToJSON } from './answer-json.js'
import { exitCodeOf, reportFailure } from './failure.js'
import { Interrupt } from './interrupt.js'
import { formatTable } from './table.js'
import { printable } from './terminal.js'

/** Whose endpoints, who asks, and how the answer is shown. */
export interface EndpointsArguments {
  readonly namespace?: string
  readonly apiKey?: string
  readonly managementUrl?: string
  readonly json?: boolean
}

export interface EndpointWaitArguments extends EndpointsArguments {
  /** Seconds. */
  readonly timeout?: number
  readonly wait?: boolean
}

export type EndpointAction = 'status' | 'pause' | 'scale-to-zero'

/** @returns the exit code, here and below. */
export function listEndpoints(args: EndpointsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const endpoints = await client.list({ signal })
    if (args.json) print(JSON.stringify(endpoints.map(toJSON)))
    else if (endpoints.length === 0) say('There are no endpoints.')
    else print(formatTable(['NAME', 'STATE', 'ENGINE', 'REPLICAS', 'MODEL', 'HARDWARE'], endpoints.map(toRow)))
  })
}

export function actOnEndpoint(action: EndpointAction, given: string, args: EndpointsArguments): Promise<number> {
  const { name, namespace } = parseName(given, args)
  return withClient(args, async (client, signal) => {
    const options = { namespace, signal }
    switch (action) {
      case 'status':
        return show(args, await client.get(name, options))
      case 'pause':
        return show(args, await client.pause(name, options))
      case 'scale-to-zero':
        return show(args, await client.scaleToZero(name, options))
    }
  })
}

export function resumeEndpoint(given: string, args: EndpointWaitArguments): Promise<number> {
  const { name, namespace } = parseName(given, args)
  return withClient(args, async (client, signal) => {
    const options = { namespace, signal }
    if (args.wait === false) return show(args, await client.resume(name, options))
    const progress = new StateLines(args)
    return show(args, await client.start(name, { ...options, ...waitOptions(args), onProgress: progress.show }))
  })
}

export function waitForEndpoint(given: string, args: EndpointWaitArguments): Promise<number> {
  const { name, namespace } = parseName(given, args)
  return withClient(args, async (client, signal) => {
    const progress = new StateLines(args)
    const options = { namespace, signal, ...waitOptions(args), onProgress: progress.show }
    return show(args, await client.wait(name, options))
  })
}

/** How far an endpoint is, on standard error: a line for each change, at a terminal with a clock. */
class StateLines {
  readonly #isQuiet: boolean
  #last = ''

  constructor({ json }: EndpointsArguments) {
    this.#isQuiet = json === true
  }

  readonly show = ({ name, state, message }: InferenceEndpoint, waitedMs: number): void => {
    const line = `${name}: ${state}${message === undefined ? '' : ` (${message})`}`
    if (this.#isQuiet || line === this.#last) return
    this.#last = line
    say(`${line}, after ${Math.round(waitedMs / 1000)} s`)
  }
}

async function withClient(
  args: EndpointsArguments,
  act: (client: EndpointsClient, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const interrupt = new Interrupt()
  let client: EndpointsClient | undefined
  try {
    const { EndpointsClient: Client } = await import('../huggingface/endpoints/endpoints-client.js')
    const { namespace, apiKey, managementUrl } = args
    client = new Client({ namespace, apiKey, managementUrl })
    await act(client, interrupt.signal)
    return 0
  } catch (error) {
    if (args.json) print(JSON.stringify(failureToJSON(error)))
    else if (interrupt.exitCode === undefined) reportFailure(error)
    else say('The wait is over; the endpoint goes on.')
    return interrupt.exitCode ?? exitCodeOf(error)
  } finally {
    interrupt[Symbol.dispose]()
    await client?.close()
  }
}

function parseName(given: string, { namespace }: EndpointsArguments): { name: string; namespace: string | undefined } {
  const cut = given.indexOf('/')
  return cut === -1 ? { name: given, namespace } : { name: given.slice(cut + 1), namespace: given.slice(0, cut) }
}

function waitOptions({ timeout }: EndpointWaitArguments): { readonly timeoutMs?: number } {
  return timeout === undefined ? {} : { timeoutMs: timeout * 1000 }
}

function show({ json }: EndpointsArguments, endpoint: InferenceEndpoint): void {
  if (json) {
    print(JSON.stringify(toJSON(endpoint)))
    return
  }
  const { name, namespace, state, message, url, repository, image, hardware, readyReplica, targetReplica } = endpoint
  const lines = [
    ['endpoint', `${namespace}/${name}`],
    ['state', message === undefined ? state : `${state} (${message})`],
    ['address', url],
    ['model', repository],
    ['engine', image],
    ['replicas', readyReplica === undefined ? undefined : `${readyReplica} of ${targetReplica ?? '?'}`],
    ['hardware', hardware],
  ] as const
  const known = lines.flatMap(([label, value]) => (value === undefined ? [] : [`${label.padEnd(9)} ${value}`]))
  print(printable(known.join('\n')))
}

/** Without the server's own object, which may hold what its owner set in the environment. */
function toJSON({ raw: _raw, ...endpoint }: InferenceEndpoint): object {
  return endpoint
}

function toRow(endpoint: InferenceEndpoint): readonly string[] {
  const { name, state, image, repository, hardware, readyReplica, targetReplica } = endpoint
  const replicas = readyReplica === undefined ? undefined : `${readyReplica}/${targetReplica ?? '?'}`
  return [name, state, image, replicas, repository, hardware].map((cell) => cell ?? '-')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}
