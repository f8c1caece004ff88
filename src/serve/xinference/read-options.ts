import type { Tool, ToolChoice } from '../../contract/message.js'
import type { CallOptions, CompleteOptions } from '../../contract/options.js'
import type { StructuredOutput } from '../../contract/structured-output.js'
import { isRecord } from '../is-record.js'
import { pythonJson } from './python-text.js'
import type { ChatBody, CompletionBody } from './request-bodies.js'

/*
 * The fields that reach the model. As with Xinference's llama.cpp engine, `repetition_penalty`, `guided_*`, `echo`,
 * `response_format` of type `json_object`, `lora_name`, `request_id` and `stream_interval` do nothing.
 */

/** @throws Error what the engine would refuse. */
export function readChatOptions(body: ChatBody): CallOptions {
  if (body.tools === null) throw new TypeError("'NoneType' object is not iterable")
  if (body.top_logprobs != null && body.logprobs !== true) {
    throw new Error('top_logprobs requires logprobs to be set to true')
  }
  const tools = body.tools?.map(readTool) ?? []
  return {
    ...readSampling(body, body.max_completion_tokens ?? body.max_tokens),
    logprobs: body.logprobs === true ? body.top_logprobs || true : undefined,
    ...(tools.length === 0 ? undefined : { tools, toolChoice: readToolChoice(body.tool_choice) }),
    parallelToolCalls: tools.length === 0 ? undefined : (body.parallel_tool_calls ?? undefined),
    structuredOutput: readStructuredOutput(body.response_format),
    chatTemplateKwargs: readTemplateKwargs(body),
  }
}

/** Of literal text. */
export function readCompletionOptions(body: CompletionBody): CompleteOptions {
  return { ...readSampling(body, body.max_tokens), logprobs: body.logprobs || undefined, raw: true }
}

function readSampling(body: ChatBody | CompletionBody, maxTokens: number | null | undefined): CallOptions {
  const stop = typeof body.stop === 'string' ? [body.stop] : (body.stop ?? [])
  const stopTokenIds = typeof body.stop_token_ids === 'number' ? [body.stop_token_ids] : (body.stop_token_ids ?? [])
  const stops = stop.filter((text) => text !== '')
  return {
    // llama.cpp reads a negative limit as none, and a negative seed as any.
    maxTokens: maxTokens != null && maxTokens >= 0 ? maxTokens : undefined,
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    presencePenalty: body.presence_penalty ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    seed: body.seed != null && body.seed >= 0 ? body.seed % 2 ** 31 : undefined,
    stop: stops.length === 0 ? undefined : stops,
    stopTokenIds: stopTokenIds.length === 0 ? undefined : stopTokenIds,
  }
}

function readTool(tool: unknown): Tool {
  const { name, description, parameters } = isRecord(tool) && isRecord(tool['function']) ? tool['function'] : {}
  if (typeof name !== 'string') throw new Error(`Missing tool function: ${JSON.stringify(tool)}`)
  return {
    name,
    ...(typeof description === 'string' ? { description } : undefined),
    ...(isRecord(parameters) ? { parameters } : undefined),
  }
}

function readToolChoice(choice: ChatBody['tool_choice']): ToolChoice | undefined {
  if (choice == null || typeof choice === 'string') return choice ?? undefined
  return { name: choice.function.name }
}

function readStructuredOutput(format: ChatBody['response_format']): StructuredOutput | undefined {
  const { name, schema } = format?.json_schema ?? {}
  return schema == null ? undefined : { format: 'json', schema, name }
}

/** `enable_thinking`, at the top or in `extra_body`, becomes two variables of the template. */
function readTemplateKwargs(body: ChatBody): Record<string, unknown> | undefined {
  const extra = isRecord(body.extra_body) ? body.extra_body['enable_thinking'] : undefined
  const thinking = body.enable_thinking ?? extra
  const kwargs = typeof thinking === 'boolean' ? { enable_thinking: thinking, thinking } : undefined
  const given = body.chat_template_kwargs
  if (given == null) return kwargs
  const read = typeof given === 'string' ? parse(given) : given
  if (!isRecord(read) && kwargs === undefined) {
    throw new TypeError(`\`chat_template_kwargs\` should be json parsable, got: ${pythonJson(given)}`)
  }
  return { ...(isRecord(read) ? read : undefined), ...kwargs }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
