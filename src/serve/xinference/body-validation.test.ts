import { describe, expect, it } from 'vitest'

import { validateBody } from './body-validation.js'
import { type ChatBody, chatFields, type CompletionBody, completionFields } from './request-bodies.js'

const minimal = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }

function refusal(body: unknown): string {
  try {
    validateBody<ChatBody>('CreateChatCompletion', chatFields, body)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('a chat body', () => {
  it.each([
    [
      {},
      '2 validation errors for CreateChatCompletion\nmessages\n  field required (type=value_error.missing)\nmodel\n  field required (type=value_error.missing)',
    ],
    [
      null,
      '1 validation error for CreateChatCompletion\n__root__\n  CreateChatCompletion expected dict not NoneType (type=type_error)',
    ],
    [
      'x',
      '1 validation error for CreateChatCompletion\n__root__\n  CreateChatCompletion expected dict not str (type=type_error)',
    ],
    [
      { ...minimal, model: null },
      '1 validation error for CreateChatCompletion\nmodel\n  none is not an allowed value (type=type_error.none.not_allowed)',
    ],
    [
      { ...minimal, messages: 'Hi' },
      '1 validation error for CreateChatCompletion\nmessages\n  value is not a valid list (type=type_error.list)',
    ],
    [
      { ...minimal, messages: ['Hi'] },
      '1 validation error for CreateChatCompletion\nmessages -> 0\n  value is not a valid dict (type=type_error.dict)',
    ],
    [
      { ...minimal, messages: [null] },
      '1 validation error for CreateChatCompletion\nmessages -> 0\n  none is not an allowed value (type=type_error.none.not_allowed)',
    ],
    [
      { ...minimal, max_tokens: 0 },
      '1 validation error for CreateChatCompletion\nmax_tokens\n  ensure this value is greater than or equal to 1 (type=value_error.number.not_ge; limit_value=1)',
    ],
    [
      { ...minimal, max_tokens: 'many' },
      '1 validation error for CreateChatCompletion\nmax_tokens\n  value is not a valid integer (type=type_error.integer)',
    ],
    [
      { ...minimal, temperature: 3 },
      '1 validation error for CreateChatCompletion\ntemperature\n  ensure this value is less than or equal to 2.0 (type=value_error.number.not_le; limit_value=2.0)',
    ],
    [
      { ...minimal, top_p: 'high' },
      '1 validation error for CreateChatCompletion\ntop_p\n  value is not a valid float (type=type_error.float)',
    ],
    [
      { ...minimal, top_k: -1 },
      '1 validation error for CreateChatCompletion\ntop_k\n  ensure this value is greater than or equal to 0 (type=value_error.number.not_ge; limit_value=0)',
    ],
    [
      { ...minimal, stream: 'maybe' },
      '1 validation error for CreateChatCompletion\nstream\n  value could not be parsed to a boolean (type=type_error.bool)',
    ],
    [
      { ...minimal, stop: {} },
      '2 validation errors for CreateChatCompletion\nstop\n  str type expected (type=type_error.str)\nstop\n  value is not a valid list (type=type_error.list)',
    ],
    [
      { ...minimal, service_tier: 'fast' },
      "1 validation error for CreateChatCompletion\nservice_tier\n  unexpected value; permitted: 'auto', 'default' (type=value_error.const; given=fast; permitted=('auto', 'default'))",
    ],
    [
      { ...minimal, tools: 1 },
      '1 validation error for CreateChatCompletion\ntools\n  value is not a valid iterable (type=type_error.iterable)',
    ],
  ])('%j is refused in the words of pydantic', (body, text) => {
    expect(refusal(body)).toBe(text)
  })

  it.each(['temperature', 'top_p', 'top_k', 'repetition_penalty', 'stream', 'stream_interval', 'messages', 'model'])(
    '%s may not be null',
    (name) => {
      expect(refusal({ ...minimal, [name]: null })).toContain(`${name}\n  none is not an allowed value`)
    },
  )

  it.each([
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'stop_token_ids',
    'stream_options',
    'seed',
    'presence_penalty',
    'frequency_penalty',
    'logprobs',
    'top_logprobs',
    'parallel_tool_calls',
    'service_tier',
    'tools',
    'tool_choice',
    'response_format',
    'lora_name',
    'request_id',
    'chat_template_kwargs',
    'extra_body',
    'n',
    'user',
    'logit_bias',
  ])('%s may be null', (name) => {
    expect(refusal({ ...minimal, [name]: null })).toBe('')
  })

  it('takes only the three response formats, and a schema with a name', () => {
    expect(refusal({ ...minimal, response_format: { type: 'xml' } })).toContain("permitted: 'json_schema'")
    expect(refusal({ ...minimal, response_format: { type: 'json_schema', json_schema: { schema: {} } } })).toContain(
      'response_format -> json_schema -> name\n  field required',
    )
    expect(refusal({ ...minimal, response_format: { type: 'json_object' } })).toBe('')
  })

  it('takes a named tool or one of three words as the tool choice', () => {
    expect(refusal({ ...minimal, tool_choice: { type: 'function', function: { name: 'f' } } })).toBe('')
    expect(refusal({ ...minimal, tool_choice: 'sometimes' })).toMatch(
      /^2 validation errors.*permitted: 'none', 'auto', 'required'.*not a valid dict/s,
    )
  })

  it('coerces as pydantic 1 does, and drops what it does not know', () => {
    const body = {
      ...minimal,
      model: 5,
      max_tokens: '7',
      temperature: '0.5',
      stream: 'yes',
      seed: 1.9,
      top_k: true,
      min_p: 1,
    }
    expect(validateBody<ChatBody>('CreateChatCompletion', chatFields, body)).toEqual({
      ...minimal,
      model: '5',
      max_tokens: 7,
      temperature: 0.5,
      stream: true,
      seed: 1,
      top_k: 1,
    })
  })
})

describe('a completion body', () => {
  it('takes one prompt only', () => {
    const read = (prompt: unknown): CompletionBody =>
      validateBody<CompletionBody>('CreateCompletionRequest', completionFields, { model: 'm', prompt })
    expect(read('Hi').prompt).toBe('Hi')
    expect(() => read(['Hi'])).toThrow('1 validation error for CreateCompletionRequest\nprompt\n  str type expected')
  })
})
