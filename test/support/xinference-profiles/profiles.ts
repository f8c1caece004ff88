import type { ConstraintField, EngineName, Refusal, Version, XinferenceProfile } from './profile.js'

const detail = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Refusal => ({
  status,
  body: { detail: text },
  headers,
})

const notFound = (status: number, uid: string): Refusal =>
  detail(status, `Model not found in the model list, uid: ${uid}`)
const notFoundAmongOthers = (uid: string): Refusal =>
  detail(404, `Model not found in the model list, uid: ${uid}. Available model uids: ['my-qwen', 'other']`)
const isLoading = (uid: string): Refusal =>
  detail(503, `Model is loading, please retry later: Model ${uid} is launching, not yet ready for inference`, {
    'retry-after': '30',
  })
const plainText = (reason: string): Refusal => ({ status: 500, body: `Internal Server Error: ${reason}` })
const noRoute = detail(404, 'Not Found')

const reached = (uid: string): string => `Rate limit reached for the model. Request limit 1 for the model: ${uid}`
const rateLimit: XinferenceProfile['rateLimit'] = {
  json: (uid) => detail(429, `[address=127.0.0.1:41233, pid=7] ${reached(uid)}`),
  stream: (uid) => `429: [address=127.0.0.1:41233, pid=7] ${reached(uid)}`,
}

const nobody: Readonly<Record<EngineName, readonly ConstraintField[]>> = {
  'llama.cpp': [],
  vLLM: [],
  Transformers: [],
  SGLang: [],
  MLX: [],
}
const guided: readonly ConstraintField[] = ['guided_json', 'guided_regex', 'guided_choice', 'guided_grammar']

const readsSince014 = ['stream_options', 'lora_name', 'request_id', 'parallel_tool_calls']
const readsSince26 = [
  ...readsSince014,
  'chat_template_kwargs',
  'enable_thinking',
  'max_completion_tokens',
  'extra_body',
  'guided_whitespace_pattern',
  ...guided,
]

const profile08: XinferenceProfile = {
  version: '0.8',
  release: '0.8.0',
  list: 'by uid',
  describes: [],
  abilities: ['chat', 'generate'],
  keys: 'none',
  noCredential: 'Not authenticated',
  refreshes: false,
  reads: [],
  maxTokensLimit: 32_768,
  // FastAPI's own form.
  badBody: (reason) => ({ status: 422, body: { detail: [{ loc: ['body'], msg: reason, type: 'value_error' }] } }),
  noRoute,
  systemMessages: 'first',
  lastRoles: ['user', 'system', 'tool'],
  streamsTools: 'never',
  unknownModel: (uid) => notFound(400, uid),
  loadingModel: (uid) => notFound(400, `${uid}-1-0`),
  rateLimit,
  parallelGeneration: 'Parallel generation is not supported by ggml.',
  overflow: 'Requested tokens (801) exceed context window of 512',
  notesEvents: false,
  firstDelta: { role: 'assistant' },
  sendsDone: false,
  ping: ': ping - 2024-01-11 00:19:09.415867\r\n\r\n',
  splitsReasoning: false,
  obeys: nobody,
}

const profile014: XinferenceProfile = {
  ...profile08,
  version: '0.14',
  release: '0.14.4.post1',
  list: 'list',
  describes: ['replica', 'model_family'],
  abilities: [...profile08.abilities, 'tools', 'vision'],
  keys: 'sk-',
  reads: readsSince014,
  maxTokensLimit: Infinity,
  badBody: plainText,
  systemMessages: 'joined',
  streamsTools: 'Qwen on vLLM',
  parallelGeneration: 'Parallel generation is not supported by llama-cpp-python.',
  notesEvents: true,
  firstDelta: { role: 'assistant', content: '' },
  sendsDone: true,
}

/** There is no tag of 2.6: what 2.5 and 2.7 agree in, and 2.5 where they do not. */
const { parallelGeneration: _, ...queueing } = profile014
const profile26: XinferenceProfile = {
  ...queueing,
  version: '2.6',
  release: '2.5.0',
  describes: [...profile014.describes, 'multimodal_projector'],
  abilities: [...profile014.abilities, 'audio', 'omni', 'reasoning', 'hybrid'],
  reads: readsSince26,
  systemMessages: 'template',
  streamsTools: 'always',
  loadingModel: (uid) => notFound(400, `${uid}-0`),
  overflow: 'request (801 tokens) exceeds the available context size (512 tokens), try increasing it',
  splitsReasoning: true,
  // vLLM looks for the schema of response_format in the wrong place.
  obeys: { ...nobody, 'llama.cpp': ['response_format'], vLLM: guided, SGLang: ['response_format'] },
}

const profile211: XinferenceProfile = {
  ...profile26,
  version: '2.11',
  release: '2.11.0',
  lastRoles: ['user', 'system', 'tool', 'assistant'],
  unknownModel: notFoundAmongOthers,
  loadingModel: isLoading,
  obeys: { ...profile26.obeys, vLLM: ['response_format', ...guided] },
}

const profile30: XinferenceProfile = {
  ...profile211,
  version: '3.0',
  release: '3.0.0',
  describes: [...profile211.describes, 'strict_system_first'],
  keys: 'xf-',
  noCredential: 'Could not validate credentials',
  refreshes: true,
}

const profile32: XinferenceProfile = {
  ...profile30,
  version: '3.2',
  release: '3.2.1',
  describes: [...profile30.describes, 'model_engine'],
  firstDelta: { role: 'assistant', content: null },
}

const profile41: XinferenceProfile = {
  ...profile32,
  version: '4.1',
  release: '4.1.0',
  // The packaged server has the web interface, whose routes take other methods.
  noRoute: detail(405, 'Method Not Allowed'),
  rateLimit: { json: () => detail(429, 'Rate limit reached'), stream: () => 'Rate limit reached' },
  chatFailure: 'The chat completion request failed. Check the server logs for details.',
  obeys: { ...profile32.obeys, MLX: ['response_format'] },
}

/** By version. */
export const profiles: Readonly<Record<Version, XinferenceProfile>> = {
  '0.8': profile08,
  '0.14': profile014,
  '2.6': profile26,
  '2.11': profile211,
  '3.0': profile30,
  '3.2': profile32,
  '4.1': profile41,
}
