import { z } from 'zod'

import type { LLMOptions } from '../llm/llm-options.js'
import { llmShape, type Shape } from '../llm/options-schema.js'
import { type MagpieOptions, magpieShape } from '../llm/prompt-options.js'
import type { LoadLlamaCppEngineOptions } from './loading-options.js'

/** The options of `LlamaCpp`: how the model is loaded, and what every model takes. Only `modelPath` is required. */
export interface LlamaCppOptions extends LLMOptions, MagpieOptions, Omit<LoadLlamaCppEngineOptions, 'signal'> {
  /** What the model is called in `metadata`. @defaultValue the name in the file's metadata, else the file's name */
  readonly modelName?: string | undefined
  /** 0 is greedy; at most 2. @defaultValue 0.8, as llama.cpp's own server */
  readonly temperature?: number | undefined
  /** At most the context window. @defaultValue what is left of the window after the prompt */
  readonly maxTokens?: number | undefined
}

const modelPath = z.string().min(1).describe('The GGUF file.')

const optionsShape: Shape<LlamaCppOptions> = {
  modelPath,
  modelName: z.string().min(1).optional(),
  contextWindow: z.int().min(1).optional(),
  parallel: z.int().min(1).max(256).optional(),
  threads: z.int().min(1).optional(),
  gpu: z.union([z.enum(['auto', 'cuda', 'metal', 'vulkan']), z.literal(false)]).optional(),
  reproducible: z.boolean().optional(),
  modelsDirectory: z.string().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(1).optional(),
  ...magpieShape,
  ...llmShape,
}

/** What the constructor takes. */
export const llamaCppOptionsSchema: z.ZodType<LlamaCppOptions, LlamaCppOptions> = z
  .strictObject(optionsShape)
  .meta({ title: 'LlamaCppOptions' })

/** A loaded {@link LlamaCpp}. */
export interface LoadedLlamaCpp {
  readonly modelPath: string
  readonly modelName: string
  readonly contextWindow: number
  readonly parallel: number
  readonly threads: number
  readonly temperature: number
}

const loadedShape: Shape<LoadedLlamaCpp> = {
  modelPath,
  modelName: z.string().min(1).describe('What the model is called.'),
  contextWindow: z.int().positive().describe('Tokens that prompt and answer of one call share.'),
  parallel: z.int().positive().describe('Calls that are evaluated at once.'),
  threads: z.int().positive().describe('Threads that tokens are evaluated with.'),
  temperature: z.number().min(0).max(2).describe('The temperature to use for sampling.'),
}

/** What `LlamaCpp.jsonSchema()` describes. */
export const loadedLlamaCppSchema: z.ZodType<LoadedLlamaCpp, LoadedLlamaCpp> = z
  .object(loadedShape)
  .meta({ title: 'LlamaCpp', description: 'A model in this process, run by llama.cpp.' })
