import { type LLMServer, serve, type ServedProtocol, type ServedRequest } from '../serve/index.js'
import { printWarnings } from './answer-printer.js'
import type { ModelArguments } from './command-options.js'
import { openLLM } from './open-llm.js'
import { printable } from './terminal.js'

export interface ServeArguments extends Omit<ModelArguments, 'apiKey'> {
  readonly as: ServedProtocol
  readonly host: string
  readonly port: number
  /** The key that clients must send. */
  readonly apiKey?: string
  readonly modelUid?: string
  readonly quiet?: boolean
}

const drainMs = 10_000

/** Serves until it is told to stop. @returns the exit code. */
export async function runServe(args: ServeArguments): Promise<number> {
  const { as, host, port, apiKey, modelUid, quiet, ...model } = args
  const llm = await openLLM(model)
  try {
    const onRequest = quiet ? undefined : logRequest
    const server = await serve(llm, { as, host, port, apiKey, modelUid, drainMs, onRequest })
    printWarnings(llm.warnings)
    const { modelName, contextWindow } = llm.metadata
    say(describe(server, { as, uid: modelUid ?? modelName, contextWindow, hasKey: apiKey !== undefined }))
    await stopped(server)
    return 0
  } finally {
    await llm.unload()
  }
}

interface Served {
  readonly as: ServedProtocol
  readonly uid: string
  readonly contextWindow: number | undefined
  readonly hasKey: boolean
}

function describe({ url }: LLMServer, served: Served): string {
  const { uid, contextWindow, hasKey } = served
  const window = contextWindow === undefined ? '' : ` (context window of ${contextWindow} tokens)`
  const body = { model: uid, messages: [{ role: 'user', content: 'What is the capital of Norway?' }] }
  // The key is not printed: it would stay in logs.
  const header = hasKey ? ` -H "Authorization: Bearer $HEADRACE_API_KEY"` : ''
  const data = JSON.stringify(body).replaceAll("'", String.raw`'\''`)
  return `Serving ${printable(uid)}${window} on ${url}

  curl ${url}/v1/chat/completions -H 'Content-Type: application/json'${header} -d '${data}'

${clients(url, served)}
Ctrl-C stops.
`
}

/** How Headrace itself asks the server. */
function clients(url: string, { as, uid, hasKey }: Served): string {
  const key = hasKey ? `, apiKey: { env: "HEADRACE_API_KEY" }` : ''
  if (as !== 'xinference') {
    return `  headrace chat --llm ${url}${hasKey ? ' --api-key $HEADRACE_API_KEY' : ''}

  new InferenceEndpointsLLM({ baseUrl: ${JSON.stringify(url)}${key} })
`
  }
  const spec = `${url.replace('http://', 'xinference://')}/${encodeURIComponent(uid)}`
  return `  ${hasKey ? 'XINFERENCE_API_KEY=$HEADRACE_API_KEY ' : ''}headrace chat --llm ${spec}

  new Xinference({ endpoint: ${JSON.stringify(url)}, modelUid: ${JSON.stringify(uid)}${key} })
`
}

/** Resolves when the server has stopped: by the first signal, after the answers in progress. The second ends it all. */
function stopped(server: LLMServer): Promise<void> {
  return new Promise((resolve, reject) => {
    let isStopping = false
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(signal === 'SIGINT' ? 130 : 143)
      isStopping = true
      say(`\nStopping: answers in progress have ${drainMs / 1000} s; Ctrl-C again stops at once.\n`)
      server.close().then(() => {
        say('Stopped.\n')
        resolve()
      }, reject)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

function logRequest({ method, path, status, ms, isComplete }: ServedRequest): void {
  const time = new Date().toTimeString().slice(0, 8)
  const end = isComplete ? '' : ', broken off'
  say(`${time} ${method} ${printable(path)} ${status}${end} (${Math.round(ms)} ms)\n`)
}

function say(text: string): void {
  process.stdout.write(text)
}
