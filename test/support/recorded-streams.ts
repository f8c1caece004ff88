import type { FinishReason, ToolCall } from '../../src/index.js'

/** A recorded stream and what it says. */
export interface RecordedStream {
  readonly file: string
  readonly kind: 'chat' | 'completion'
  /** What the model that sent it is listed with. */
  readonly model: { readonly model_ability: readonly string[]; readonly model_engine: string }
  /** The deltas of its parts, in their order: `text`, `reasoning` or the arguments of a `tool-call`. */
  readonly deltas: readonly (readonly [type: 'text' | 'reasoning' | 'tool-call', delta: string])[]
  readonly finishReason: FinishReason
  /** What the answer calls the model. @defaultValue 'm' */
  readonly answeredBy?: string
  readonly tokens: readonly [input: number | undefined, output: number | undefined, total: number | undefined]
  readonly toolCalls?: readonly ToolCall[]
}

/** Every complete stream among the fixtures. */
export const recordedStreams: readonly RecordedStream[] = [
  {
    file: 'xinference-3.2.1-llama-cpp-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat'], model_engine: 'llama.cpp' },
    deltas: [
      ['text', 'Hel'],
      ['text', 'lo 🌍'],
    ],
    finishReason: { unified: 'length', raw: 'length' },
    tokens: [9, 2, 11],
  },
  {
    file: 'xinference-3.2.1-vllm-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat'], model_engine: 'vLLM' },
    deltas: [
      ['text', '你'],
      ['text', '好，'],
      ['text', '世界'],
    ],
    finishReason: { unified: 'stop', raw: 'stop' },
    tokens: [9, 3, 12],
  },
  {
    // The usage chunk says "stop" once more; the true reason came before it.
    file: 'xinference-3.2.1-transformers-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat'], model_engine: 'Transformers' },
    deltas: [
      ['text', 'One, two'],
      ['text', ', three'],
    ],
    finishReason: { unified: 'length', raw: 'length' },
    tokens: [9, 3, 12],
  },
  {
    file: 'xinference-3.2.1-vllm-reasoning-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat', 'reasoning'], model_engine: 'vLLM' },
    deltas: [
      ['reasoning', 'Two '],
      ['reasoning', 'colors.'],
      ['text', 'Red'],
      ['text', ', blue.'],
    ],
    finishReason: { unified: 'stop', raw: 'stop' },
    tokens: [9, 7, 16],
  },
  {
    file: 'xinference-3.2.1-transformers-inline-think-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat', 'reasoning'], model_engine: 'Transformers' },
    deltas: [
      ['reasoning', 'Two colors'],
      ['reasoning', '.'],
      ['text', 'Red, blue'],
      ['text', '.'],
    ],
    finishReason: { unified: 'stop', raw: 'stop' },
    tokens: [9, 12, 21],
  },
  {
    // Every chunk has an id of its own; arguments come empty first and then whole; counts are -1 on the tool path.
    file: 'xinference-3.2.1-vllm-tools-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat', 'tools'], model_engine: 'vLLM' },
    deltas: [
      ['tool-call', ''],
      ['tool-call', '{"city": "Zürich"}'],
      ['tool-call', '{}'],
    ],
    finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
    tokens: [undefined, undefined, undefined],
    toolCalls: [
      { id: 'call_5b1e', name: 'get_weather', arguments: '{"city": "Zürich"}' },
      { id: 'call_e0c3', name: 'get_time', arguments: '{}' },
    ],
  },
  {
    file: 'xinference-3.2.1-llama-cpp-completion.sse',
    kind: 'completion',
    model: { model_ability: ['chat'], model_engine: 'llama.cpp' },
    deltas: [
      ['text', 'Roses '],
      ['text', 'are réd'],
    ],
    finishReason: { unified: 'stop', raw: 'stop' },
    tokens: [4, 2, 6],
  },
  {
    // Of a server that ran: spaces in its JSON, and the path of its model instead of the uid.
    file: 'xinference-4.1.0-llama-cpp-chat.sse',
    kind: 'chat',
    model: { model_ability: ['chat'], model_engine: 'llama.cpp' },
    deltas: [
      ['text', 'white'],
      ['text', ' and'],
      ['text', ' yellow'],
      ['text', '.'],
    ],
    finishReason: { unified: 'stop', raw: 'stop' },
    answeredBy: '/srv/xinference/cache/v2/headrace-demo-ggufv2-1b-F16',
    tokens: [12, 5, 17],
  },
  {
    // The usage comes with the reason.
    file: 'xinference-4.1.0-llama-cpp-completion.sse',
    kind: 'completion',
    model: { model_ability: ['chat'], model_engine: 'llama.cpp' },
    deltas: [
      ['text', ' Peru'],
      ['text', ' is'],
      ['text', ' Lima'],
      ['text', '.'],
    ],
    finishReason: { unified: 'length', raw: 'length' },
    answeredBy: '/srv/xinference/cache/v2/headrace-demo-ggufv2-1b-F16',
    tokens: [3, 4, 7],
  },
]
