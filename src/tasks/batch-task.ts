import type { GenerateInput } from '../contract/generate.js'
import type { GenerationOptions } from '../contract/options.js'
import type { Tool, ToolChoice } from '../contract/message.js'
import type { JsonSchema } from '../contract/structured-output.js'
import { InvalidRowError } from '../errors/invalid-row-error.js'
import { missingColumn } from './missing-column.js'
import { readMessages } from './read-messages.js'
import type { Row, Task } from './task.js'

type Fields = Readonly<Record<string, unknown>>
type Options = { -readonly [K in keyof GenerationOptions]: GenerationOptions[K] }

/** Names of OpenAI's request body and ours, where nothing but the name differs. */
const renamed: Readonly<Record<string, keyof GenerationOptions>> = {
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  typical_p: 'typicalP',
  repetition_penalty: 'repetitionPenalty',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  seed: 'seed',
  stop: 'stop',
  stop_token_ids: 'stopTokenIds',
  logit_bias: 'logitBias',
  parallel_tool_calls: 'parallelToolCalls',
  chat_template_kwargs: 'chatTemplateKwargs',
}

/** What the run itself decides: which model, how it is asked. */
const ignored: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options', 'user', 'store', 'metadata'])

/**
 * Asks the requests of an OpenAI batch file: lines of `custom_id`, `method`, `url` and `body`. The `url` is
 * `/v1/chat/completions` or `/v1/completions`. The run's model answers, whatever the body's `model` says. Fields of
 * the body that are not known here are sent as they are.
 */
export function batchTask(): Task {
  return { name: 'batch', render: renderBatchRow }
}

function renderBatchRow(row: Row): { input: GenerateInput; options: GenerationOptions } {
  const { custom_id: id, url, body } = row as { custom_id?: unknown; url?: unknown; body?: unknown }
  if (typeof id !== 'string') throw missingColumn(row, 'custom_id')
  if (!isFields(body)) throw missingColumn(row, 'body')
  if (url === '/v1/chat/completions') {
    return { input: readMessages(body['messages'], 'body.messages'), options: readOptions(body, 'messages') }
  }
  if (url === '/v1/completions') {
    const { prompt } = body
    if (typeof prompt !== 'string') throw new InvalidRowError('The column "body.prompt" must be text.')
    return { input: prompt, options: readOptions(body, 'prompt') }
  }
  throw new InvalidRowError(
    `The url ${JSON.stringify(url)} cannot be asked here; it must be /v1/chat/completions or /v1/completions.`,
  )
}

function readOptions(body: Fields, input: 'messages' | 'prompt'): GenerationOptions {
  const options: Options = {}
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) {
    if (name === input || value === null || ignored.has(name)) continue
    const own = renamed[name]
    if (own !== undefined) (options as Record<string, unknown>)[own] = value
    else if (name === 'n') {
      if (value !== 1) throw new InvalidRowError('body.n must be 1: ask for several answers of each row of the run.')
    } else if (name === 'logprobs') options.logprobs = readLogprobs(body)
    else if (name === 'tools') options.tools = readTools(value)
    else if (name === 'tool_choice') options.toolChoice = readToolChoice(value)
    else if (name === 'response_format') readFormat(value, options, extra)
    else if (name !== 'top_logprobs') extra[name] = value
  }
  if (Object.keys(extra).length > 0) options.extraBody = extra
  return options
}

function readLogprobs(body: Fields): boolean | number {
  const { logprobs, top_logprobs: top } = body as { logprobs?: unknown; top_logprobs?: unknown }
  if (typeof logprobs === 'number') return logprobs
  return logprobs === true && typeof top === 'number' ? top : logprobs === true
}

function readTools(value: unknown): readonly Tool[] {
  if (!Array.isArray(value)) throw new InvalidRowError('The column "body.tools" must be an array.')
  return value.map((tool: unknown): Tool => {
    const own = isFields(tool) ? tool['function'] : undefined
    if (!isFields(own) || typeof own['name'] !== 'string') {
      throw new InvalidRowError('A tool of "body.tools" has no function with a name.')
    }
    const { name, description, parameters } = own as { name: string; description?: unknown; parameters?: unknown }
    return {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      ...(isFields(parameters) ? { parameters } : {}),
    }
  })
}

function readToolChoice(value: unknown): ToolChoice {
  if (value === 'auto' || value === 'none' || value === 'required') return value
  const own = isFields(value) ? value['function'] : undefined
  if (isFields(own) && typeof own['name'] === 'string') return { name: own['name'] }
  throw new InvalidRowError('The column "body.tool_choice" must be auto, none, required or a function by its name.')
}

function readFormat(value: unknown, options: Options, extra: Record<string, unknown>): void {
  const own = isFields(value) && value['type'] === 'json_schema' ? value['json_schema'] : undefined
  if (!isFields(own) || !isFields(own['schema'])) {
    extra['response_format'] = value
    return
  }
  const { name, schema } = own as { name?: unknown; schema: JsonSchema }
  options.structuredOutput = { format: 'json', schema, ...(typeof name === 'string' ? { name } : {}) }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
