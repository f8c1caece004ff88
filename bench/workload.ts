/** What is asked and what is answered, byte for byte: shared by the server, the clients and the comparisons. */

export const modelUid = 'bench-model'

export const messages = [
  { role: 'system', content: 'You are a terse assistant.' },
  { role: 'user', content: 'Why is a headrace dug along the contour of the hill?' },
] as const

/** Headrace sends a quarter of the window; everybody else is told the same number. */
const contextWindow = 32_768
export const maxTokens = contextWindow / 4

/** The body that Headrace sends. The bare clients send this very text. */
export function requestBody(stream: boolean): string {
  return JSON.stringify({
    model: modelUid,
    messages,
    max_tokens: maxTokens,
    temperature: 1,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
}

const words = ['the', ' water', ' keeps', ' its', ' height,', ' naïve', ' slope', ' 水', ' loses', ' less.']

/** Words for about as many tokens, some of them longer than a byte a character. */
export function tokens(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => words[index % words.length] ?? '')
}

/** Tokens of the plain answer: short on purpose, since a long one hides a client's own cost behind JSON.parse. */
export const wholeAnswerTokens = 100
export const streamTokens = 500

/** Xinference's `GET /v1/models` (3.2). */
export const modelList = {
  object: 'list',
  data: [
    {
      id: modelUid,
      object: 'model',
      created: 0,
      owned_by: 'xinference',
      model_type: 'LLM',
      address: '127.0.0.1:40000',
      accelerators: ['0'],
      model_name: 'bench',
      model_lang: ['en'],
      model_ability: ['chat', 'generate'],
      model_format: 'ggufv2',
      model_engine: 'llama.cpp',
      context_length: contextWindow,
    },
  ],
}

const usage = (count: number): object => ({ prompt_tokens: 31, completion_tokens: count, total_tokens: 31 + count })

/** Xinference's plain answer to a chat (3.2). */
export const wholeAnswer = {
  id: 'chat5d3b6f5e-7f6e-4f0e-9d51-0a4f1f3f2b1c',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: modelUid,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: tokens(wholeAnswerTokens).join('') },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: usage(wholeAnswerTokens),
}

/** The events of a streamed chat as Xinference's llama.cpp engine sends them (3.2), one string an event, CRLF. */
export function streamEvents(count: number): readonly string[] {
  const chunk = (choices: readonly object[], more: object = {}): string => {
    const data = {
      choices,
      created: 1_790_000_000,
      id: 'chatcmpl-5d3b6f5e7f6e4f0e9d510a4f1f3f2b1c',
      model: modelUid,
      system_fingerprint: 'b1',
      object: 'chat.completion.chunk',
      ...more,
    }
    return `data: ${JSON.stringify(data)}\r\n\r\n`
  }
  return [
    chunk([{ finish_reason: null, index: 0, delta: { role: 'assistant', content: null } }]),
    ...tokens(count).map((content) => chunk([{ finish_reason: null, index: 0, delta: { content } }])),
    chunk([{ finish_reason: 'stop', index: 0, delta: { content: '' } }]),
    chunk([], { usage: usage(count) }),
    'data: [DONE]\r\n\r\n',
  ]
}
