import { z } from 'zod'

import type { CallOptions, GenerationOptions } from '../contract/options.js'
import type { ConnectionOptions, LLMOptions } from '../llm/llm-options.js'
import type { JsonOutput, RegexOutput } from '../contract/structured-output.js'
import { connectionShape, llmShape, type Shape } from '../llm/options-schema.js'
import { type PromptOptions, promptShape } from '../llm/prompt-options.js'
import { type AncestorAliases, generationKwargsSchema } from './aliases.js'

const serverEngines = ['tgi', 'vllm', 'sglang', 'llama-server', 'llama-cpp-python', 'transformers', 'openai'] as const

/** What serves a model at an address. */
export type ServerEngine = (typeof serverEngines)[number]

/**
 * The options of {@link InferenceEndpointsLLM}. One of `modelId`, `endpointName` and `baseUrl` says where the model is.
 */
export interface InferenceEndpointsOptions
  extends Omit<LLMOptions, 'generationKwargs'>, ConnectionOptions, PromptOptions {
  /** A model of the Hub, asked through Inference Providers (serverless): `org/name`. */
  readonly modelId?: string | undefined
  /**
   * Who serves `modelId`: a provider's name (`groq`), or a policy: `fastest`, `cheapest`, `preferred`.
   *
   * @defaultValue the router's own choice
   */
  readonly provider?: string | undefined
  /** The organisation that pays for `modelId`. */
  readonly billTo?: string | undefined
  /** A dedicated Inference Endpoint. */
  readonly endpointName?: string | undefined
  /** Whose endpoint it is. @defaultValue the key's user */
  readonly endpointNamespace?: string | undefined
  /** The root of any server that speaks TGI's or OpenAI's protocol, with or without a trailing `/v1`. */
  readonly baseUrl?: string | undefined
  /** What runs behind the address. @defaultValue found out: from the endpoint's image, or by asking the server */
  readonly engine?: ServerEngine | undefined
  /**
   * The model's tokenizer: a folder, or a repository of the Hub. With it the chat template is rendered here and sent as
   * literal text where the server has such a route that carries all of a call's options, and tokens are counted before
   * they are sent.
   */
  readonly tokenizerId?: string | undefined
  /** What the model is called. @defaultValue the endpoint's repository, `modelId`, `endpointName` or `baseUrl` */
  readonly modelDisplayName?: string | undefined
  /** Tokens that prompt and answer share. @defaultValue what the server says */
  readonly contextWindow?: number | undefined
  /** Generation options of every call, also by the ancestor's names. @defaultValue `{ maxTokens: 128 }` */
  readonly generationKwargs?: (GenerationOptions & AncestorAliases) | undefined
  /** @defaultValue `https://router.huggingface.co` */
  readonly routerUrl?: string | undefined
  /** @defaultValue `https://api.endpoints.huggingface.cloud/v2` */
  readonly managementUrl?: string | undefined
  /** @defaultValue `HF_ENDPOINT`, or `https://huggingface.co` */
  readonly hubUrl?: string | undefined
}

/** A structured output of the ancestor: `{ format, schema, whitespacePattern? }`; a json schema may be JSON text. */
export type OutlinesStructuredOutput<T = unknown> = JsonOutput<T> | RegexOutput

/** The options of a call, also by the ancestor's names. */
export type InferenceEndpointsCallOptions<T = unknown> = CallOptions<T> & AncestorAliases

const text = z.string().min(1)
const { generationKwargs: _kwargs, ...commonShape } = llmShape

const optionsShape: Shape<InferenceEndpointsOptions> = {
  modelId: text.describe('The model of the Hub to use, through Inference Providers.').optional(),
  provider: text.optional(),
  billTo: text.optional(),
  endpointName: text.describe('The Inference Endpoint to use.').optional(),
  endpointNamespace: text.describe("The Inference Endpoint's namespace.").optional(),
  baseUrl: text.describe('The base URL of the server to use.').optional(),
  engine: z.enum(serverEngines).optional(),
  modelDisplayName: text.optional(),
  contextWindow: z.int().positive().optional(),
  generationKwargs: generationKwargsSchema.optional(),
  routerUrl: text.optional(),
  managementUrl: text.optional(),
  hubUrl: text.optional(),
  ...promptShape,
  ...commonShape,
  ...connectionShape,
}

/** What the constructor takes. */
export const inferenceEndpointsOptionsSchema: z.ZodType<InferenceEndpointsOptions, InferenceEndpointsOptions> = z
  .strictObject(optionsShape)
  .meta({ title: 'InferenceEndpointsOptions' })

/** A loaded {@link InferenceEndpointsLLM}. */
export interface LoadedInferenceEndpoints {
  readonly modelName: string
  readonly baseUrl: string
  readonly engine: string
  readonly contextWindow?: number | undefined
}

const loadedShape: Shape<LoadedInferenceEndpoints> = {
  modelName: text.describe('What the model is called.'),
  baseUrl: text.describe('The address that requests go to.'),
  engine: text.describe('What serves the model.'),
  contextWindow: z.int().positive().describe('Tokens that prompt and answer share.').optional(),
}

/** What `InferenceEndpointsLLM.jsonSchema()` describes. */
export const loadedInferenceEndpointsSchema: z.ZodType<LoadedInferenceEndpoints, LoadedInferenceEndpoints> = z
  .object(loadedShape)
  .meta({
    title: 'InferenceEndpointsLLM',
    description: 'A model served by Hugging Face, TGI, vLLM, SGLang or llama.cpp.',
  })
