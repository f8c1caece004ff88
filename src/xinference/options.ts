import { z } from 'zod'

import type { CompleteOptions } from '../contract/options.js'
import type { CallbackManager } from '../llm/callback-manager.js'
import type { ConnectionOptions, LLMOptions } from '../llm/llm-options.js'
import { connectionShape, llmShape, type Shape } from '../llm/options-schema.js'
import { type PromptOptions, promptShape } from '../llm/prompt-options.js'
import type { ModelDescription } from './model-description.js'
import type { XinferenceCredentials } from './credentials.js'

/** The options of {@link Xinference}. Only `modelUid` is required. */
export interface XinferenceOptions extends LLMOptions, ConnectionOptions, XinferenceCredentials, PromptOptions {
  /** The uid under which the model was launched; `id` in the server's model list. */
  readonly modelUid: string
  /**
   * The server's root, with or without a trailing `/v1`.
   *
   * @defaultValue the environment variable `XINFERENCE_ENDPOINT`, else `http://127.0.0.1:9997`
   */
  readonly endpoint?: string | undefined
  /** 0 to 2. @defaultValue 1 */
  readonly temperature?: number | undefined
  /** At most the context window. @defaultValue a quarter of the context window; unset when that is not known */
  readonly maxTokens?: number | undefined
  /** Tokens that prompt and answer share. @defaultValue what the server registered for the model */
  readonly contextWindow?: number | undefined
  /**
   * What {@link LLMMetadata.contextWindow} is divided by, for code that counts in other tokens than the model's. The
   * Python ancestor always divided by 2.5.
   *
   * @defaultValue 1
   */
  readonly contextWindowRatio?: number | undefined
  /**
   * The model's tokenizer: a folder, or a repository of the Hub. With it tokens are counted before they are sent, and a
   * prompt that does not fit is refused.
   */
  readonly tokenizerId?: string | undefined
  /** The model's entry of the server's list. When given, `load()` sends no request. */
  readonly modelDescription?: ModelDescription | undefined
}

const modelUid = z.string().min(1).describe('The Xinference model to use.')
const endpoint = z.string().min(1).describe('The Xinference endpoint URL to use.')
const temperature = z.number().min(0).max(2).describe('The temperature to use for sampling.')
const maxTokens = z.int().positive().describe('The maximum new tokens to generate as answer.')
const contextWindow = z.int().positive().describe('The maximum number of context tokens for the model.')
const modelDescription = z
  .record(z.string(), z.unknown())
  .describe('The model description from Xinference.') as unknown as z.ZodType<ModelDescription, ModelDescription>

const optionsShape: Shape<XinferenceOptions> = {
  modelUid,
  endpoint: endpoint.optional(),
  temperature: temperature.optional(),
  maxTokens: maxTokens.optional(),
  contextWindow: contextWindow.optional(),
  contextWindowRatio: z.number().min(1).optional(),
  modelDescription: modelDescription.optional(),
  username: z.string().min(1).optional(),
  password: connectionShape.apiKey,
  ...promptShape,
  ...llmShape,
  ...connectionShape,
}

/** What the constructor takes. */
export const xinferenceOptionsSchema: z.ZodType<XinferenceOptions, XinferenceOptions> = z
  .strictObject(optionsShape)
  .meta({ title: 'XinferenceOptions' })

/** A loaded {@link Xinference}: the seven fields of the Python ancestor. */
export interface LoadedXinference {
  readonly callbackManager?: CallbackManager | undefined
  readonly modelUid: string
  readonly endpoint: string
  readonly temperature: number
  readonly maxTokens: number
  readonly contextWindow: number
  readonly modelDescription: ModelDescription
}

const loadedShape: Shape<LoadedXinference> = {
  callbackManager: llmShape.callbackManager,
  modelUid,
  endpoint,
  temperature,
  maxTokens,
  contextWindow,
  modelDescription,
}

/** What `Xinference.jsonSchema()` describes. */
export const loadedXinferenceSchema: z.ZodType<LoadedXinference, LoadedXinference> = z
  .object(loadedShape)
  .meta({ title: 'Xinference', description: 'Xinference LLM.' })

/** The options of `complete` and `streamComplete`, with the ancestor's name for `raw`. */
export interface XinferenceCompleteOptions<T = unknown> extends CompleteOptions<T> {
  /** LlamaIndex's name for {@link CompleteOptions.raw}. Both, and different, is an error. */
  readonly formatted?: boolean | undefined
}
