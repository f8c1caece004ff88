import type { Route } from '../../src/contract/capabilities.js'
import type { LLMDependencies } from '../../src/llm/llm-options.js'
import type { LLM } from '../../src/llm/llm.js'
import type { ErrorCode, LLMMetadata } from '../../src/index.js'
import type { FaultProxy } from '../support/fault-proxy.js'
import type { Answer, EngineServer, Json, Refusal } from '../support/servers/engine-server.js'
import type { CaseOption, OutputFormat } from './option-cases.js'

/**
 * What a request has with an option that it has not without it, as the server gets it: fields, those of TGI's `parameters`
 * and of SGLang's `sampling_params` with the name before them.
 */
export type Sent = Readonly<Record<string, unknown>>

/** `refused`: `UNSUPPORTED_OPTION` before anything is sent. */
export type Form = Sent | 'refused'

/** What becomes of every option on a route. */
export type OptionForms = Readonly<Record<CaseOption, Form>>
/** `words`: it is asked for in words, and refused where it has to be constrained. */
export type OutputForm = Form | 'words'
/** What becomes of every format of `structuredOutput` on a route. */
export type OutputForms = Readonly<Record<OutputFormat, OutputForm>>

/** What is particular to one test. */
export interface Setup {
  /** @defaultValue the tokens `One`, ` two`, ` three`, ` four` */
  readonly answer?: Answer | undefined
  /** That the server wants. @defaultValue what the back end needs by itself, mostly none */
  readonly serverKey?: string | undefined
  /** @defaultValue the right one */
  readonly apiKey?: string | undefined
  readonly unsupportedOptions?: 'error' | 'warn' | undefined
  /** Of `InferenceEndpointsLLM`. */
  readonly tokenizerId?: string | undefined
  readonly runtime?: LLMDependencies['runtime']
  /** Stands between the model and its server. */
  readonly through?: FaultProxy | undefined
}

export interface Opened {
  readonly llm: LLM
  readonly server: EngineServer
}

/** Where the model finds its server. */
export function addressOf({ url }: EngineServer, { through }: Setup): string {
  return through === undefined ? url : through.to(url)
}

/** How a server refuses a request, and what is made of it. */
export interface Failure {
  readonly what: string
  readonly refusal: Refusal
  readonly code: ErrorCode
  /** `retried`: the same request is sent again; `waited`: again, for as long as `waitTimeoutMs`. */
  readonly outcome: 'retried' | 'waited' | 'fails' | 'fails the run'
}

/** A server of the suite, and what is expected of it, as data. */
export interface BackEnd {
  readonly name: string
  /** The class that is asked. */
  readonly className: string
  /** Starts the server and makes the model, until the test ends. */
  open(setup?: Setup): Promise<Opened>
  readonly metadata: Partial<LLMMetadata>
  /** Where each route's requests go, whole and streamed; absent: `MODEL_ABILITY`. */
  readonly paths: { readonly chat: string; readonly completion?: { readonly json: string; readonly stream: string } }
  readonly options: Readonly<Partial<Record<Route, OptionForms>>>
  readonly outputs: Readonly<Partial<Record<Route, OutputForms>>>
  /** Values at the edges of an option's range, and their forms. */
  readonly edges: readonly (readonly [Route, CaseOption, unknown, Sent])[]
  /** Stop strings that it takes. @defaultValue Infinity */
  readonly maxStops?: number
  /** How a `generate` is asked for. */
  readonly batchWire: 'json' | 'stream'
  /** Tokens that literal text of four tokens is counted as. @defaultValue 4 */
  readonly countedTokens?: number
  /** What a conversation that ends with the assistant has more than one that does not. */
  readonly prefill: Sent
  /** What becomes of a request for a model that is not there. */
  readonly otherModel: 'MODEL_NOT_FOUND' | 'ignored'
  readonly failures: readonly Failure[]
  /** In the middle of an answer. */
  readonly failure: { readonly refusal: Refusal; readonly status: number | undefined }
}

export const defaultAnswer: Answer = () => ['One', ' two', ' three', ' four']

/** Two routes of a server whose forms differ in some options only. */
export function forms(shared: Partial<OptionForms>, own: Partial<OptionForms>): OptionForms {
  return { ...noOptions, ...shared, ...own }
}

const noOptions: OptionForms = {
  maxTokens: 'refused',
  temperature: 'refused',
  topP: 'refused',
  topK: 'refused',
  minP: 'refused',
  typicalP: 'refused',
  repetitionPenalty: 'refused',
  frequencyPenalty: 'refused',
  presencePenalty: 'refused',
  seed: 'refused',
  stop: 'refused',
  stopTokenIds: 'refused',
  logprobs: 'refused',
  tools: 'refused',
  toolChoice: 'refused',
  parallelToolCalls: 'refused',
  logitBias: 'refused',
  returnFullText: 'refused',
  watermark: 'refused',
  toolPrompt: 'refused',
  reasoning: 'refused',
  chatTemplateKwargs: 'refused',
  extraBody: 'refused',
}

export const noOutputs: OutputForms = { json: 'refused', regex: 'refused', choice: 'refused', grammar: 'refused' }
/** Of a route for conversations. A grammar is no request that words can make. */
export const inWords: OutputForms = { json: 'words', regex: 'words', choice: 'words', grammar: 'refused' }

/** A body with the fields of its one inner object beside the others. */
export function flatten(body: Json): Json {
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      name === 'parameters' || name === 'sampling_params'
        ? Object.entries(value as Json).map(([inner, each]) => [`${name}.${inner}`, each] as const)
        : [[name, value] as const],
    ),
  )
}
