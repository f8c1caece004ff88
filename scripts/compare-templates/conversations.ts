import type { ChatMessage, Tool } from '../../src/contract/message.js'

/** What a template is rendered with, here and there. */
export interface Conversation {
  readonly name: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly Tool[]
  readonly variables?: Readonly<Record<string, unknown>>
  readonly addGenerationPrompt?: boolean
  readonly continueFinalMessage?: boolean
}

const system = (content: string): ChatMessage => ({ role: 'system', content })
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })

const weather: Tool = {
  name: 'get_weather',
  description: 'The weather of a town, in °C: "now" or a day\'s <forecast>.',
  parameters: {
    type: 'object',
    properties: {
      town: { type: 'string', description: 'Its name, e.g. Zürich' },
      days: { type: 'integer', minimum: 0, default: 0 },
      units: { type: 'array', items: { type: 'string', enum: ['°C', 'K'] } },
    },
    required: ['town'],
  },
}
const clock: Tool = { name: 'get_time', description: 'The time.', parameters: { type: 'object', properties: {} } }

const turns = [user('Hi'), assistant('Hello! How can I help?'), user('Name two colors.')]
const calls = [
  user('What is the weather in Zürich, and how late is it?'),
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      {
        id: 'call00001',
        name: 'get_weather',
        arguments:
          '{"town":"Zürich","days":2,"units":["°C","K"],"exact":true,"at":null,"from":{"lat":47.4,"say":"it\'s \\"high\\"\\n"}}',
      },
      { id: 'call00002', name: 'get_time', arguments: '{}' },
    ],
  },
  { role: 'tool', content: '{"now": 21.5, "sky": "<clear>"}', toolCallId: 'call00001', name: 'get_weather' },
  { role: 'tool', content: '12:30', toolCallId: 'call00002', name: 'get_time' },
] satisfies ChatMessage[]

export const conversations: readonly Conversation[] = [
  { name: 'one question', messages: [user('Name two colors.')] },
  { name: 'system', messages: [system('Be brief.'), user('Name two colors.')] },
  { name: 'several turns', messages: turns },
  { name: 'several turns after a system message', messages: [system('Be brief.'), ...turns] },
  { name: 'whole turns, nothing to answer', messages: turns.slice(0, 2), addGenerationPrompt: false },
  { name: 'prefill', messages: [...turns, assistant('1. Red\n2.')], continueFinalMessage: true },
  { name: 'prefill that ends in spaces', messages: [...turns, assistant('Two colors: ')], continueFinalMessage: true },
  {
    name: 'unicode',
    messages: [
      system('Ünïcödé 🙂'),
      user('日本語 and עברית, e\u0301\u00a0\u2028 <b>&amp;</b> "\'\\'),
      ...turns.slice(1),
    ],
  },
  { name: 'empty texts', messages: [system(''), user(''), assistant(''), user('')] },
  {
    name: 'white space and marks',
    messages: [user('  a\n\n'), assistant('\n<think>\nx\n</think>\n\n b '), user('<|im_end|> {{ x }} {% if %}\t')],
  },
  { name: 'no messages', messages: [] },
  { name: 'tools', messages: [system('Be brief.'), user('What is the weather in Zürich?')], tools: [weather, clock] },
  { name: 'one tool, no system message', messages: [user('How late is it?')], tools: [clock] },
  { name: 'tool calls and results', messages: calls, tools: [weather, clock] },
  {
    name: 'one tool call in the middle',
    messages: [
      system('Be brief.'),
      user('How late is it?'),
      {
        role: 'assistant',
        content: 'Let me look.',
        toolCalls: [{ id: 'call00003', name: 'get_time', arguments: '{}' }],
      },
      { role: 'tool', content: '12:30', toolCallId: 'call00003', name: 'get_time' },
      assistant('Half past twelve.'),
      user('Thanks!'),
    ],
    tools: [clock],
  },
  {
    name: 'reasoning',
    messages: [user('2+2?'), { role: 'assistant', content: '4', reasoning: 'Two and two.\nFour.' }, user('Sure?')],
    variables: { enable_thinking: true },
  },
  {
    name: 'reasoning before a tool call',
    messages: [
      user('How late is it?'),
      {
        role: 'assistant',
        content: '',
        reasoning: 'Look.',
        toolCalls: [{ id: 'call00004', name: 'get_time', arguments: '{"zone":"it\'s"}' }],
      },
      { role: 'tool', content: '12:30', toolCallId: 'call00004', name: 'get_time' },
    ],
    tools: [clock],
    variables: { enable_thinking: true, thinking: true },
  },
  { name: 'no thinking', messages: [user('2+2?')], variables: { enable_thinking: false } },
]
