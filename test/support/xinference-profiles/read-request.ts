import type { ProfileModel } from './describe-model.js'
import type { Refusal, XinferenceProfile } from './profile.js'

type Body = Readonly<Record<string, unknown>>

/** Fields that the versions of all profiles read. */
const readByAll = [
  'model',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'repetition_penalty',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'stop_token_ids',
  'stream',
  'logprobs',
]
const readOfChats = ['messages', 'top_logprobs', 'tools', 'tool_choice', 'response_format']
const neverNull = ['temperature', 'top_p', 'top_k', 'repetition_penalty', 'stream']

/** What is left of a request once the HTTP layer has dropped what it does not read. */
export function keptFields(profile: XinferenceProfile, body: Body, isChat: boolean): Body {
  const read = new Set([...readByAll, ...(isChat ? readOfChats : ['prompt']), ...profile.reads])
  return Object.fromEntries(Object.entries(body).filter(([name]) => read.has(name)))
}

/** Why the body is refused before the model is looked up, as the version's validation does. */
export function refuseBody(profile: XinferenceProfile, body: Body, isChat: boolean): Refusal | undefined {
  const wrong = wrongField(profile, body, isChat)
  if (wrong !== undefined) return profile.badBody(`1 validation error for CreateChatCompletion: ${wrong}`)
  if (body['logit_bias'] !== undefined) return { status: 501, body: { detail: 'Not implemented' } }
  return isChat ? refuseMessages(profile, messagesOf(body)) : undefined
}

function wrongField({ maxTokensLimit }: XinferenceProfile, body: Body, isChat: boolean): string | undefined {
  const isOutside = (name: string, least: number, most: number): boolean => {
    const value = body[name]
    return value !== undefined && !(typeof value === 'number' && value >= least && value <= most)
  }
  if (typeof body['model'] !== 'string') return 'model: field required'
  if (isChat ? !Array.isArray(body['messages']) : typeof body['prompt'] !== 'string') return 'field required'
  for (const name of neverNull) if (body[name] === null) return `${name}: none is not an allowed value`
  if (isOutside('max_tokens', 1, maxTokensLimit)) return `max_tokens: not from 1 to ${maxTokensLimit}`
  if (isOutside('temperature', 0, 2)) return 'temperature: ensure this value is less than or equal to 2.0'
  if (isOutside('top_p', 0, 1)) return 'top_p: ensure this value is less than or equal to 1.0'
  if (isOutside('top_k', 0, Infinity)) return 'top_k: ensure this value is greater than or equal to 0'
  const format = body['response_format'] as { type?: unknown; json_schema?: { name?: unknown } } | undefined
  if (format?.type === 'json_schema' && typeof format.json_schema?.name !== 'string') return 'json_schema -> name'
  return undefined
}

interface WireMessage {
  readonly role: string
  readonly content: unknown
}

export function messagesOf(body: Body): readonly WireMessage[] {
  return (body['messages'] ?? []) as readonly WireMessage[]
}

function refuseMessages(
  { lastRoles, systemMessages }: XinferenceProfile,
  messages: readonly WireMessage[],
): Refusal | undefined {
  const refuse = (text: string): Refusal => ({ status: 400, body: { detail: text } })
  const last = messages.at(-1)
  if (last === undefined || !lastRoles.includes(last.role)) return refuse('Invalid input. Please specify the prompt.')
  if (systemMessages !== 'first') return undefined
  const systems = messages.filter(({ role }) => role === 'system')
  if (systems.length > 1) return refuse('Multiple system messages are not supported.')
  if (systems.length === 1 && messages[0]?.role !== 'system') return refuse('System message should be the first one.')
  return undefined
}

/** Why a chat is refused once the model is known. */
export function refuseForModel(profile: XinferenceProfile, model: ProfileModel, body: Body): Refusal | undefined {
  const refuse = (text: string): Refusal => ({ status: 400, body: { detail: text } })
  const messages = messagesOf(body)
  const late = messages.findIndex(({ role }, index) => role === 'system' && index > 0)
  if (model.isSystemFirst && profile.describes.includes('strict_system_first') && late !== -1) {
    return refuse(
      `messages: this model's chat template requires the 'system' role to be the first message; found a system message at position ${late}.`,
    )
  }
  if (body['tools'] === undefined) return undefined
  if (!model.abilities.includes('tools')) return refuse("Only ['qwen-chat', ...] support tool calls")
  if (body['stream'] !== true || profile.streamsTools === 'always') return undefined
  if (profile.streamsTools === 'never') return refuse('Tool calls does not support stream')
  return model.engine === 'vLLM' && model.family.startsWith('qwen')
    ? undefined
    : refuse(
        'Streaming support for tool calls is available only when using Qwen models with vLLM backend or GLM4-chat models without vLLM backend.',
      )
}
