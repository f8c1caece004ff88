import type { OptionName } from '../../contract/capabilities.js'
import type { WireRequest } from '../../contract/dialect.js'
import type { CanonicalRequest } from '../../contract/engine.js'
import type { Warning } from '../../contract/response.js'
import { compileMessages, compileToolChoice, compileTools } from './compile-messages.js'

/** The wire name of every option whose value goes over as it is. */
export type FieldNames = Readonly<Partial<Record<OptionName, string>>>

/** A body under construction. Unset fields stay unset: servers refuse null. */
export type WireBody = Record<string, unknown>

/** A body, and what the caller should know of how it was written. */
export interface WrittenBody {
  readonly body: WireBody
  readonly warnings?: readonly Warning[] | undefined
}

/** The options of OpenAI's own protocol. */
export const openAIFields: FieldNames = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  stop: 'stop',
  parallelToolCalls: 'parallel_tool_calls',
  logitBias: 'logit_bias',
}

/**
 * A request in OpenAI's form, without a constraint. `model` comes first: Hugging Face's router decides by the first bytes
 * of the body (huggingface_hub 1.29).
 */
export function compileRequest(request: CanonicalRequest, model: string, fields: FieldNames): WireBody {
  const { kind, messages, prompt, options, stream } = request
  const body: WireBody = { model }
  if (kind === 'chat') body['messages'] = compileMessages(messages ?? [])
  else body['prompt'] = prompt
  copyOptions(options, fields, body)
  const { logprobs, tools, toolChoice } = options
  if (logprobs !== undefined && logprobs !== false) {
    if (kind === 'completion') body['logprobs'] = logprobs === true ? 1 : logprobs
    else {
      body['logprobs'] = true
      if (logprobs !== true && logprobs > 0) body['top_logprobs'] = logprobs
    }
  }
  if (tools !== undefined && tools.length > 0) {
    body['tools'] = compileTools(tools)
    if (toolChoice !== undefined) body['tool_choice'] = compileToolChoice(toolChoice)
  }
  if (stream) {
    body['stream'] = true
    body['stream_options'] = { include_usage: true }
  }
  return body
}

/** Writes the options that are there under their wire names. */
export function copyOptions(options: CanonicalRequest['options'], fields: FieldNames, body: WireBody): void {
  for (const name in fields) {
    const option = name as keyof typeof options
    const field = fields[option]
    const value = options[option]
    if (field !== undefined && value !== undefined) body[field] = value
  }
}

/** The request with what the caller adds over everything compiled. */
export function toWire(
  path: string,
  body: WireBody,
  { options }: CanonicalRequest,
  warnings?: readonly Warning[],
): WireRequest {
  if (options.extraBody !== undefined) Object.assign(body, options.extraBody)
  return { path, body, warnings }
}

/** The stop strings of a request, of which one alone may be given as it is. */
export function stopsOf({ stop }: CanonicalRequest['options']): readonly string[] {
  if (stop === undefined) return []
  return typeof stop === 'string' ? [stop] : stop
}

/**
 * The literal text of a completion for a server that adds special tokens to it: without the token that a text rendered
 * here begins with and would get a second time (huggingface/text-generation-inference#1594).
 */
export function promptWithoutBos({ prompt = '', rendered }: CanonicalRequest): string {
  const bos = rendered?.bos
  return bos !== undefined && prompt.startsWith(bos) ? prompt.slice(bos.length) : prompt
}

/** Whether the conversation ends with the beginning of the answer, to be continued. */
export function isPrefilled({ messages }: CanonicalRequest): boolean {
  const last = messages?.at(-1)
  return last?.role === 'assistant' && (last.toolCalls === undefined || last.toolCalls.length === 0)
}
