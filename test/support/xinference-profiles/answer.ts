import { chunk, event, json, lastChunk, streamHead } from '../http-bytes.js'
import type { Script } from '../scripted-server.js'
import type { ProfileModel } from './describe-model.js'
import type { ConstraintField, XinferenceProfile } from './profile.js'
import { messagesOf } from './read-request.js'

/** A request as the engine gets it. */
export interface EngineRequest {
  readonly profile: XinferenceProfile
  readonly model: ProfileModel
  readonly isChat: boolean
  /** The fields that the HTTP layer left. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** What the engine makes of it. */
interface Generated {
  readonly text: string
  readonly reasoning: string
  readonly callsTool: boolean
  /** Its process dies after the first piece. */
  readonly dies: boolean
  /** It refuses, in these words. */
  readonly refusal: string | undefined
}

const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }
/** What versions of all profiles count on the path of tools. */
const unknownUsage = { prompt_tokens: -1, completion_tokens: -1, total_tokens: -1 }
const toolCall = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city": "Rome"}' } }
const died = 'Remote server 127.0.0.1:41233 closed'

/** The whole answer of the server. */
export function answer(request: EngineRequest): Script {
  const made = generate(request)
  return request.fields['stream'] === true ? streamed(request, made) : whole(request, made)
}

/** The engine's own words where it fails on the request, before or in the middle of the answer. */
export function failureOf(request: EngineRequest): string | undefined {
  const { refusal, dies } = generate(request)
  return refusal ?? (dies ? died : undefined)
}

/** A model of few words, which does what its prompt says: `overflow`, `die`, `weather` (with tools), `think`. */
function generate({ profile, model, isChat, fields }: EngineRequest): Generated {
  const asked = isChat ? String(messagesOf(fields).at(-1)?.content) : String(fields['prompt'])
  const thinks = model.abilities.includes('reasoning') && asked.includes('think')
  const isSplit = thinks && profile.splitsReasoning && model.splitsReasoning === true
  const text = constrainedText(profile, model, fields) ?? 'Hello'
  return {
    text: thinks && !isSplit ? `<think>\nHm.</think>${text}` : text,
    reasoning: isSplit ? 'Hm.' : '',
    callsTool: fields['tools'] !== undefined && asked.includes('weather'),
    dies: asked.includes('die'),
    refusal: asked.includes('overflow') ? profile.overflow : sglangFailure(model, fields),
  }
}

/** SGLang takes every field that is left for a parameter of its own and fails on those that are not. */
function sglangFailure({ engine }: ProfileModel, fields: Readonly<Record<string, unknown>>): string | undefined {
  const foreign = Object.keys(fields).find((name) => name.startsWith('guided_'))
  return engine === 'SGLang' && foreign !== undefined ? "'meta_info'" : undefined
}

/** What the engine writes when it obeys a field; `undefined` when there is none that it obeys. */
function constrainedText(
  { obeys }: XinferenceProfile,
  { engine }: ProfileModel,
  fields: Readonly<Record<string, unknown>>,
): string | undefined {
  const obeyed = (name: ConstraintField): unknown => (obeys[engine].includes(name) ? fields[name] : undefined)
  if (obeyed('response_format') !== undefined || obeyed('guided_json') !== undefined) return '{"name": "Ada"}'
  if (obeyed('guided_regex') !== undefined) return '2026'
  const choices = obeyed('guided_choice') as readonly string[] | undefined
  return choices?.[0] ?? (obeyed('guided_grammar') === undefined ? undefined : 'yes')
}

function heard({ profile, isChat }: EngineRequest, words: string): string {
  return (isChat ? profile.chatFailure : undefined) ?? words
}

function whole(request: EngineRequest, made: Generated): Script {
  const { model, isChat } = request
  const { text, reasoning, callsTool } = made
  const words = failureOf(request)
  if (words !== undefined) return json(500, { detail: heard(request, words) })
  const message = {
    role: 'assistant',
    content: callsTool ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(callsTool ? { tool_calls: [toolCall] } : {}),
  }
  const reason = callsTool ? 'tool_calls' : 'stop'
  const counted = callsTool ? unknownUsage : usage
  const choice = isChat ? { index: 0, message, finish_reason: reason } : { index: 0, text, finish_reason: reason }
  const object = isChat ? 'chat.completion' : 'text_completion'
  return json(200, { id: 'x', object, created: 1, model: model.uid, choices: [choice], usage: counted })
}

function streamed(request: EngineRequest, made: Generated): Script {
  const { profile, fields, isChat, model } = request
  const { text, reasoning, callsTool, dies, refusal } = made
  const chunkOf = (choice: object): object => ({
    id: 'x',
    object: isChat ? 'chat.completion.chunk' : 'text_completion',
    created: 1,
    model: model.uid,
    choices: [{ index: 0, finish_reason: null, ...choice }],
  })
  const pieceOf = (delta: Readonly<Record<string, unknown>>, finish: object = {}): object =>
    chunkOf(isChat ? { delta, ...finish } : { text: delta['content'] ?? '', ...finish })
  const events: unknown[] = []
  if (refusal !== undefined) return eventStream([{ error: heard(request, refusal) }], profile)
  if (isChat) events.push(pieceOf(profile.firstDelta))
  if (reasoning !== '') events.push(pieceOf({ content: null, reasoning_content: reasoning }))
  const middle = Math.ceil(text.length / 2)
  if (callsTool) {
    events.push(pieceOf({ role: 'assistant', content: '', tool_calls: [{ index: 0, ...toolCall }] }))
  } else {
    events.push(pieceOf({ content: text.slice(0, middle) }))
    if (dies) return eventStream([...events, { error: heard(request, died) }], profile)
    events.push(pieceOf({ content: text.slice(middle) }))
  }
  events.push(pieceOf({ content: '' }, { finish_reason: callsTool ? 'tool_calls' : 'stop' }))
  const options = fields['stream_options'] as { include_usage?: boolean } | undefined
  if (options?.include_usage) {
    events.push({ id: 'x', created: 1, model: model.uid, choices: [], usage: callsTool ? unknownUsage : usage })
  }
  if (isChat && profile.sendsDone) events.push('[DONE]')
  return eventStream(events, profile)
}

/** An event stream, with a ping before the first event and after each. */
export function eventStream(events: readonly unknown[], { ping }: XinferenceProfile): Script {
  return [
    { write: streamHead },
    { write: chunk(ping) },
    ...events.map((data) => ({ write: chunk(event(data) + ping) })),
    { write: lastChunk },
  ]
}
