import { countPromptTokens } from './answers.js'

/** What is read of a body. */
export interface OpenAIRequest {
  readonly kind: 'chat' | 'completion'
  /** What the answer follows from. */
  readonly prompt: string
  readonly promptTokens: number
  readonly maxTokens: number | undefined
  readonly minTokens: number
  readonly ignoresEnd: boolean
  readonly seed: number
  readonly stops: readonly string[]
  readonly streams: boolean
  /** A last event with the usage; `every`: each event has it. */
  readonly usage: 'none' | 'last' | 'every'
}

/** An answer with an error status. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Fields = Readonly<Record<string, unknown>>

/** What would change the answer in ways that are not simulated. */
const notSimulated = ['tools', 'logprobs', 'prompt_logprobs', 'response_format', 'structured_outputs', 'echo'] as const

/** Tokens that a template writes around a conversation, and around each of its messages. */
const templateTokens = 3
const messageTokens = 4

/** @throws Refused for what vLLM refuses, and for what is not simulated. */
export function readRequest(kind: 'chat' | 'completion', text: string, model: string): OpenAIRequest {
  const body = parse(text)
  if (body['model'] !== undefined && body['model'] !== model) {
    throw new Refused(404, `The model \`${JSON.stringify(body['model'])}\` does not exist.`)
  }
  for (const field of notSimulated) {
    if (body[field] != null && body[field] !== false) throw new Refused(400, `${field} is not simulated.`)
  }
  if ((body['n'] ?? 1) !== 1) throw new Refused(400, 'n other than 1 is not simulated.')
  const { prompt, messages } = kind === 'chat' ? readMessages(body['messages']) : readPrompt(body['prompt'])
  const maxTokens = body['max_completion_tokens'] ?? body['max_tokens'] ?? (kind === 'chat' ? undefined : 16)
  if (maxTokens !== undefined && (!Number.isInteger(maxTokens) || (maxTokens as number) < 1)) {
    throw new Refused(400, `max_tokens must be at least 1, got ${JSON.stringify(maxTokens)}.`)
  }
  const { stream_options: streamOptions, seed, stop, min_tokens: minTokens } = body
  const { include_usage: atEnd, continuous_usage_stats: always } = (streamOptions ?? {}) as Fields
  return {
    kind,
    prompt,
    promptTokens: countPromptTokens(prompt, kind === 'chat' ? templateTokens + messageTokens * messages : 1),
    maxTokens: maxTokens as number | undefined,
    minTokens: typeof minTokens === 'number' ? minTokens : 0,
    ignoresEnd: body['ignore_eos'] === true,
    seed: typeof seed === 'number' ? seed : 0,
    stops: typeof stop === 'string' ? [stop] : ((stop ?? []) as readonly string[]),
    streams: body['stream'] === true,
    usage: atEnd !== true ? 'none' : always === true ? 'every' : 'last',
  }
}

function parse(text: string): Fields {
  try {
    return JSON.parse(text) as Fields
  } catch {
    throw new Refused(400, 'The body is no JSON.')
  }
}

interface Prompt {
  readonly prompt: string
  readonly messages: number
}

function readMessages(value: unknown): Prompt {
  if (!Array.isArray(value) || value.length === 0) throw new Refused(400, 'messages must be a list that is not empty.')
  const texts = (value as readonly Fields[]).map(({ content }) =>
    typeof content === 'string' ? content : JSON.stringify(content ?? ''),
  )
  return { prompt: texts.join('\n'), messages: texts.length }
}

function readPrompt(value: unknown): Prompt {
  if (typeof value !== 'string') throw new Refused(400, 'Only a prompt that is a text is simulated.')
  return { prompt: value, messages: 0 }
}
