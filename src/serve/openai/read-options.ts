import type { Tool } from '../../contract/message.js'
import type { CallOptions, CompleteOptions } from '../../contract/options.js'
import type { StructuredOutput } from '../../contract/structured-output.js'
import { badRequest } from './openai-failure.js'
import type { ChatBody, CompletionBody, WireTool } from './request-bodies.js'

const seeds = 2 ** 31

/** @throws OpenAIFailure 400 for what no model here can do. */
export function readChatOptions(body: ChatBody): CallOptions {
  const { top_logprobs: top, tools, tool_choice: choice } = body
  if (top != null && body.logprobs !== true) throw badRequest('top_logprobs needs logprobs to be true.')
  const hasTools = tools != null && tools.length > 0
  return {
    ...readSampling(body, body.max_completion_tokens ?? body.max_tokens),
    logprobs: body.logprobs === true ? top || true : undefined,
    structuredOutput: readStructuredOutput(body.response_format),
    ...(hasTools
      ? {
          tools: tools.map(readTool),
          toolChoice:
            choice == null || typeof choice === 'string' ? (choice ?? undefined) : { name: choice.function.name },
          parallelToolCalls: body.parallel_tool_calls ?? undefined,
        }
      : undefined),
  }
}

/** Of literal text. */
export function readCompletionOptions(body: CompletionBody): CompleteOptions {
  return { ...readSampling(body, body.max_tokens), logprobs: body.logprobs || undefined, raw: true }
}

function readSampling(body: ChatBody | CompletionBody, maxTokens: number | null | undefined): CallOptions {
  const { n, stream, seed, stop } = body
  if (n != null && n > 1 && stream === true) throw badRequest('n: a stream has one answer; leave n or stream out.')
  return {
    maxTokens: maxTokens ?? undefined,
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    presencePenalty: body.presence_penalty ?? undefined,
    seed: seed == null ? undefined : Math.abs(seed) % seeds,
    stop: stop ?? undefined,
    ...(n != null && n > 1 ? { n } : undefined),
  }
}

function readTool({ function: { name, description, parameters } }: WireTool): Tool {
  return {
    name,
    ...(description == null ? undefined : { description }),
    ...(parameters == null ? undefined : { parameters }),
  }
}

function readStructuredOutput(format: ChatBody['response_format']): StructuredOutput | undefined {
  switch (format?.type) {
    case 'json_schema':
      return { format: 'json', ...format.json_schema }
    case 'json_object':
      return { format: 'json', schema: format.value ?? format.schema ?? { type: 'object' } }
    default:
      return undefined
  }
}
