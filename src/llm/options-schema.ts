import { z } from 'zod'

import type { GenerateOneOptions, GenerateOptions } from '../contract/generate.js'
import type { CallOptions, CompleteOptions, GenerationOptions } from '../contract/options.js'
import type { StructuredOutput } from '../contract/structured-output.js'
import { CallbackManager } from './callback-manager.js'
import type { ConnectionOptions, LLMOptions, OutputParser } from './llm-options.js'

/** One schema for each member of `T`, as the compiler checks. */
export type Shape<T> = { readonly [K in keyof Required<T>]: z.ZodType<T[K], T[K]> }

const aFunction = <T>(): z.ZodType<T, T> => z.custom<T>((value) => typeof value === 'function', 'must be a function')
/** How long something may take. z.number() refuses Infinity, which waits for ever. */
export const milliseconds: z.ZodType<number | undefined, number | undefined> = z
  .custom<number>((value) => typeof value === 'number' && value > 0, 'must be a number above 0')
  .meta({ type: 'number', exclusiveMinimum: 0 })
  .optional()

const timeouts = z
  .strictObject({ connectMs: milliseconds, firstTokenMs: milliseconds, idleMs: milliseconds, totalMs: milliseconds })
  .optional()

const tool = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
})

const effort = { strict: z.boolean().optional(), maxAttempts: z.int().min(1).max(10).optional() }

/** What the text must look like. */
export const structuredOutputSchema: z.ZodType<StructuredOutput, StructuredOutput> = z.discriminatedUnion(
  'format',
  [
    z.strictObject({
      format: z.literal('json'),
      schema: z.custom<never>(
        (value) => (typeof value === 'object' && value !== null) || typeof value === 'string',
        'must be a JSON Schema or a schema object',
      ),
      name: z.string().optional(),
      whitespacePattern: z.string().optional(),
      ...effort,
    }),
    z.strictObject({ format: z.literal('regex'), schema: z.string().min(1), ...effort }),
    z.strictObject({ format: z.literal('choice'), schema: z.array(z.string()).min(1), ...effort }),
    z.strictObject({ format: z.literal('grammar'), schema: z.string().min(1), ...effort }),
  ],
  'must be "json", "regex", "choice" or "grammar"',
)

/** Every generation option with its range. */
export const generationShape: Shape<GenerationOptions> = {
  maxTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.int().min(0).optional(),
  minP: z.number().min(0).max(1).optional(),
  typicalP: z.number().min(0).max(1).optional(),
  repetitionPenalty: z.number().min(0).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  seed: z.int().min(0).max(2_147_483_647).optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
  stopTokenIds: z.array(z.int().min(0)).optional(),
  n: z.int().min(1).optional(),
  logprobs: z.union([z.boolean(), z.int().min(0).max(100)]).optional(),
  tools: z.array(tool).optional(),
  toolChoice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: z.string().min(1) })]).optional(),
  parallelToolCalls: z.boolean().optional(),
  logitBias: z.record(z.string().regex(/^\d+$/, 'must be a token id'), z.number().min(-100).max(100)).optional(),
  returnFullText: z.boolean().optional(),
  watermark: z.boolean().optional(),
  toolPrompt: z.string().optional(),
  reasoning: z.boolean().optional(),
  chatTemplateKwargs: z.record(z.string(), z.unknown()).optional(),
  structuredOutput: structuredOutputSchema.optional(),
  extraBody: z.record(z.string(), z.unknown()).optional(),
}

const generationSchema: z.ZodType<GenerationOptions, GenerationOptions> = z.strictObject(generationShape)

export const signalSchema: z.ZodType<AbortSignal, AbortSignal> = z.custom<AbortSignal>(
  (value) => value instanceof AbortSignal,
  'must be an AbortSignal',
)

const callShape: Shape<CallOptions> = {
  ...generationShape,
  signal: signalSchema.optional(),
  timeouts,
  wireMode: z.enum(['auto', 'json', 'stream']).optional(),
}

/** The options of a call of `chat` and `streamChat`. */
export const callSchema: z.ZodType<CallOptions, CallOptions> = z.strictObject(callShape)

/** The options of a call of `complete` and `streamComplete`. */
export const completeSchema: z.ZodType<CompleteOptions, CompleteOptions> = z.strictObject({
  ...callShape,
  raw: z.boolean().optional(),
})

// How often an input is answered is `numGenerations` there.
const { n: _n, ...rowShape } = callShape

/** The options of `generateOne`. */
export const generateOneSchema: z.ZodType<GenerateOneOptions, GenerateOneOptions> = z.strictObject({
  ...rowShape,
  sample: z.int().min(0).optional(),
})

/** The options of `generate`. */
export const generateSchema: z.ZodType<GenerateOptions, GenerateOptions> = z.strictObject({
  ...rowShape,
  numGenerations: z.int().min(1).optional(),
  concurrency: z.union([z.int().min(1), z.literal(Infinity)], 'must be a whole number of at least 1').optional(),
  throwOnError: z.boolean().optional(),
  onResult: aFunction<NonNullable<GenerateOptions['onResult']>>().optional(),
})

/** The options that every class takes. */
export const llmShape: Shape<LLMOptions> = {
  callbackManager: z
    .custom<CallbackManager>((value) => value instanceof CallbackManager, 'must be a CallbackManager')
    .optional()
    .meta({ title: 'Callback Manager' }),
  systemPrompt: z.string().optional(),
  messagesToPrompt: aFunction<NonNullable<LLMOptions['messagesToPrompt']>>().optional(),
  completionToPrompt: aFunction<NonNullable<LLMOptions['completionToPrompt']>>().optional(),
  outputParser: z
    .custom<OutputParser>(
      (value) => typeof (value as OutputParser | null)?.parse === 'function',
      'must have a parse method',
    )
    .optional(),
  structuredOutput: structuredOutputSchema.optional(),
  generationKwargs: generationSchema.optional(),
  timeouts,
  maxRetries: z.int().min(0).optional(),
  waitTimeoutMs: z
    .custom<number>((value) => typeof value === 'number' && value >= 0, 'must be a number of at least 0')
    .meta({ type: 'number', minimum: 0 })
    .optional(),
  wireMode: z.enum(['auto', 'json', 'stream']).optional(),
  unsupportedOptions: z.enum(['error', 'warn']).optional(),
}

const secret = z.union([z.string(), z.strictObject({ env: z.string().min(1) })])

/** The options that every class behind an address takes. */
export const connectionShape: Shape<ConnectionOptions> = {
  apiKey: secret.optional(),
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be a header name'), secret).optional(),
  caFile: z.string().min(1).optional(),
  fetch: aFunction<NonNullable<ConnectionOptions['fetch']>>().optional(),
}
