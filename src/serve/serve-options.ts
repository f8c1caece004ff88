import { isIPv4 } from 'node:net'

import { z } from 'zod'

import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { parseOptions } from '../llm/parse-options.js'
import type { ServedModel } from './served-model.js'

/** What the server takes at most. */
export interface ServeLimits {
  /** Of a request body; a larger one is answered 413. @defaultValue 8388608 */
  readonly maxBodyBytes?: number | undefined
  /** Of request line and headers; larger ones are answered 431. @defaultValue 16384 */
  readonly maxHeaderBytes?: number | undefined
  /**
   * Requests at once; further ones are answered 503. TGI's routes answer 429 "Model is overloaded", and count only
   * requests to the model. @defaultValue Infinity; 128 for TGI's routes
   */
  readonly maxConcurrency?: number | undefined
  /** Requests at once to each model, an open stream included; further ones are answered 429. @defaultValue Infinity */
  readonly maxModelRequests?: number | undefined
  /** For the headers of a request to arrive; then the socket is closed. @defaultValue 60000 */
  readonly headerTimeoutMs?: number | undefined
  /** For a whole request to arrive; then the socket is closed. @defaultValue 120000 */
  readonly requestTimeoutMs?: number | undefined
  /** For the next request on an open connection. @defaultValue 5000 */
  readonly keepAliveTimeoutMs?: number | undefined
}

/** A request that was answered, or left by its client. */
export interface ServedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** 499: the client went before the answer began. */
  readonly status: number
  /** From its headers to the end of the answer. */
  readonly ms: number
  /** `false`: the connection closed before the whole answer was out. */
  readonly isComplete: boolean
}

/** Whose protocol the server speaks: Xinference 4.1's, Text Generation Inference 3.3's, or OpenAI's alone. */
export type ServedProtocol = (typeof protocols)[number]

const protocols = ['xinference', 'tgi', 'openai'] as const

/** How to serve. */
export interface ServeOptions {
  /** @defaultValue "xinference" */
  readonly as?: ServedProtocol | undefined
  /**
   * Whether OpenAI's routes take literal text (`/v1/completions`); without it they are those of a router for
   * conversations. For `as: 'openai'`. @defaultValue true
   */
  readonly completions?: boolean | undefined
  /** What clients call the model: 1 to 100 characters. @defaultValue the model's `metadata.modelName` */
  readonly modelUid?: string | undefined
  /** Where to listen. Anything but a loopback address needs an {@link apiKey}. @defaultValue "127.0.0.1" */
  readonly host?: string | undefined
  /** 0 takes a free one. @defaultValue 9997 */
  readonly port?: number | undefined
  /** The key that clients must send as `Authorization: Bearer`. Absent: none is needed. */
  readonly apiKey?: string | undefined
  readonly limits?: ServeLimits | undefined
  /** Between the keep-alive comments of a stream; `Infinity`: none. @defaultValue 600000 */
  readonly pingIntervalMs?: number | undefined
  /** How long `close()` lets answers in progress finish; `Infinity`: as long as they take. @defaultValue 10000 */
  readonly drainMs?: number | undefined
  /** Called once for each request, when it is over. */
  readonly onRequest?: ((request: ServedRequest) => void) | undefined
}

/** What to serve, and how: either `llm` or `models`. */
export interface CreateServerOptions extends ServeOptions {
  readonly llm?: ServedModel | undefined
  /** Several models by uid. */
  readonly models?: Readonly<Record<string, ServedModel>> | undefined
}

/** The options with their defaults. */
export interface ResolvedServeOptions extends Omit<CreateServerOptions, 'limits'> {
  readonly as: ServedProtocol
  readonly host: string
  readonly port: number
  readonly limits: { readonly [K in keyof ServeLimits]-?: NonNullable<ServeLimits[K]> }
  readonly pingIntervalMs: number
  readonly drainMs: number
}

// Node's timers hold 31 bits.
const delay = z.number().min(1).max(2_147_483_647)
const delayOrNever = z.literal(Infinity).or(delay)
const model = z.custom<ServedModel>(
  (value) => typeof (value as ServedModel | null)?.streamChat === 'function',
  'must be an LLM',
)
const countOrNoLimit = z.literal(Infinity).or(z.int().min(1))
const uid = z.string().min(1).max(100)

const limits = z.strictObject({
  maxBodyBytes: z
    .int()
    .min(1)
    .default(8 * 1024 * 1024),
  maxHeaderBytes: z
    .int()
    .min(1)
    .default(16 * 1024),
  maxConcurrency: countOrNoLimit.default(Infinity),
  maxModelRequests: countOrNoLimit.default(Infinity),
  headerTimeoutMs: delay.default(60_000),
  requestTimeoutMs: delay.default(120_000),
  keepAliveTimeoutMs: delay.default(5000),
})

const schema: z.ZodType<ResolvedServeOptions, CreateServerOptions> = z.strictObject({
  llm: model.optional(),
  models: z.record(uid, model).optional(),
  modelUid: uid.optional(),
  as: z.enum(protocols).default('xinference'),
  completions: z.boolean().optional(),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(9997),
  apiKey: z
    .string()
    .regex(/^[!-~]+$/, 'must be one or more printable characters without spaces')
    .optional(),
  limits: limits.prefault({}),
  pingIntervalMs: delayOrNever.default(600_000),
  drainMs: z.literal(0).or(delayOrNever).default(10_000),
  onRequest: z
    .custom<ServeOptions['onRequest']>((value) => typeof value === 'function', 'must be a function')
    .optional(),
})

/** @throws InvalidOptionError `INVALID_OPTION` */
export function resolveServeOptions(options: CreateServerOptions): ResolvedServeOptions {
  const resolved = parseOptions(schema, options, 'serve')
  const { as, completions, host, apiKey, llm, models, modelUid } = resolved
  if ((llm === undefined) === (models === undefined)) {
    throw new InvalidOptionError('serve needs either llm or models.', { option: 'llm' })
  }
  if (models !== undefined && modelUid !== undefined) {
    throw new InvalidOptionError('serve: modelUid names the one llm; with models, the names are the keys.', {
      option: 'modelUid',
    })
  }
  if (as === 'tgi' && models !== undefined && Object.keys(models).length !== 1) {
    throw new InvalidOptionError('serve: TGI serves one model; give one llm, or serve as "openai" or "xinference".', {
      option: 'models',
    })
  }
  if (completions !== undefined && as !== 'openai') {
    throw new InvalidOptionError('serve: completions is an option of as: "openai" alone; leave it out.', {
      option: 'completions',
    })
  }
  if (apiKey === undefined && !isLoopback(host)) {
    throw new InvalidOptionError(
      `serve: host ${host} lets other machines use the model; set a key with --api-key (option apiKey), or listen on 127.0.0.1.`,
      { option: 'host', context: { host } },
    )
  }
  return resolved
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
