import { badVerdicts, type Finding, type Verdict } from '../doctor/finding.js'
import type { InferenceEndpoint } from '../huggingface/endpoints/inference-endpoint.js'
import type { LLM } from '../llm/llm.js'
import { failureToJSON } from './answer-json.js'
import { exitCodeOf, reportFailure } from './failure.js'
import { Interrupt } from './interrupt.js'
import { type LLMSpec, parseLLMSpec } from './llm-spec.js'
import { openSpec } from './open-llm.js'
import { printable } from './terminal.js'

export interface DoctorArguments {
  readonly apiKey?: string
  readonly tokenizer?: string
  readonly wake?: boolean
  readonly managementUrl?: string
  readonly routerUrl?: string
  readonly json?: boolean
}

const marks: Readonly<Record<Verdict, string>> = {
  works: 'ok',
  lies: 'LIES',
  refused: 'FAILS',
  missing: 'missing',
  'not-offered': '-',
  unknown: '?',
}

/** @returns the exit code: 1 when something does not work that is claimed, or when nothing could be asked. */
export async function runDoctor(text: string, args: DoctorArguments): Promise<number> {
  const interrupt = new Interrupt()
  const report = args.json ? printJson : printLine
  let llm: LLM | undefined
  try {
    const spec = parseLLMSpec(text)
    const sleeping = args.wake ? undefined : await describeUnasked(spec, args, interrupt.signal)
    if (sleeping !== undefined) {
      for (const finding of sleeping) report(finding)
      return 0
    }
    const { managementUrl, routerUrl } = args
    llm = await openSpec(spec, args, { managementUrl, routerUrl })
    await llm.load()
    for (const finding of identify(llm)) report(finding)
    const { examine } = await import('../doctor/examine.js')
    const bad: Finding[] = []
    for await (const finding of examine(llm, { signal: interrupt.signal })) {
      report(finding)
      if (badVerdicts.has(finding.verdict)) bad.push(finding)
    }
    if (!args.json) summarise(bad)
    return bad.length === 0 ? 0 : 1
  } catch (error) {
    if (args.json) process.stdout.write(`${JSON.stringify(failureToJSON(error))}\n`)
    else if (interrupt.exitCode === undefined) reportFailure(error)
    return interrupt.exitCode ?? exitCodeOf(error)
  } finally {
    interrupt[Symbol.dispose]()
    await llm?.unload()
  }
}

/** What is known without waking or paying for anything; `undefined` where asking is free. */
async function describeUnasked(
  spec: LLMSpec,
  { apiKey, managementUrl }: DoctorArguments,
  signal: AbortSignal,
): Promise<readonly Finding[] | undefined> {
  if (spec.kind === 'serverless') {
    const message = `${spec.modelId} is asked through Inference Providers, which bill each request: nothing was asked. --wake asks.`
    return [{ name: 'model', verdict: 'unknown', message }]
  }
  if (spec.kind !== 'dedicated') return undefined
  const { EndpointsClient } = await import('../huggingface/endpoints/endpoints-client.js')
  const client = new EndpointsClient({ apiKey, managementUrl, namespace: spec.endpointNamespace })
  let endpoint: InferenceEndpoint
  try {
    endpoint = await client.get(spec.endpointName, { signal })
  } finally {
    await client.close()
  }
  const { name, state, message, repository, image, hardware } = endpoint
  if (state === 'running') return undefined
  const facts = [repository, image, hardware].filter(Boolean).join(', ')
  return [
    { name: 'endpoint', verdict: 'works', message: `${name}: ${facts}.` },
    {
      name: 'state',
      verdict: 'unknown',
      message: `It is ${state}${message === undefined ? '' : ` (${message})`}: nothing was asked. --wake starts it, which is billed.`,
    },
  ]
}

/** What the model and its server are, as far as loading it told. */
function identify(llm: LLM): readonly Finding[] {
  const { modelName, contextWindow, contextWindowSource } = llm.metadata
  const server = (
    llm as {
      readonly server?: {
        readonly engine: string
        readonly version?: string | undefined
        readonly evidence: readonly string[]
      }
    }
  ).server
  const findings: Finding[] = []
  if (server !== undefined) {
    const version = server.version === undefined ? '' : ` ${server.version}`
    const evidence = server.evidence.length === 0 ? '' : ` (${server.evidence.join('; ')})`
    findings.push({ name: 'engine', verdict: 'works', message: `${server.engine}${version}${evidence}` })
  }
  findings.push({ name: 'model', verdict: 'works', message: modelName })
  findings.push(
    contextWindow === undefined
      ? {
          name: 'window',
          verdict: 'missing',
          message: 'The server does not tell the context window: give contextWindow.',
        }
      : { name: 'window', verdict: 'works', message: `${contextWindow} tokens (${contextWindowSource})` },
  )
  for (const { message } of llm.warnings) findings.push({ name: 'warning', verdict: 'unknown', message })
  return findings
}

function summarise(bad: readonly Finding[]): void {
  const list = bad.map(({ name }) => name).join(', ')
  process.stdout.write(bad.length === 0 ? '\nEverything that it claims works.\n' : `\nWill not work: ${list}.\n`)
}

function printLine({ name, verdict, message }: Finding): void {
  process.stdout.write(printable(`${marks[verdict].padEnd(8)}${name.padEnd(24)}${message}\n`))
}

function printJson(finding: Finding): void {
  process.stdout.write(`${JSON.stringify(finding)}\n`)
}
