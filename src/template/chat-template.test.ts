import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { ChatMessage } from '../contract/message.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ChatTemplate } from './chat-template.js'

const chatMl =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
const trimming =
  '{{ bos_token }}{% for m in messages %}<|start|>{{ m.role }}<|end|>\n\n{{ m.content | trim }}<|eot|>{% endfor %}{% if add_generation_prompt %}<|start|>assistant<|end|>\n\n{% endif %}'
const splitting =
  "{% for m in messages %}[{{ m.role }}]{{ m.content.split('</think>')[-1].lstrip('\\n') }}{% endfor %}{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"

const user = (content: string): ChatMessage => ({ role: 'user', content })

describe('render', () => {
  it('writes a conversation and the beginning of an answer', () => {
    expect(new ChatTemplate(chatMl).render({ messages: [{ role: 'system', content: 'Be kind.' }, user('Hi')] })).toBe(
      '<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    )
  })

  it('leaves the beginning of an answer out', () => {
    const text = new ChatTemplate(chatMl).render({ messages: [user('Hi')], addGenerationPrompt: false })
    expect(text).toBe('<|im_start|>user\nHi<|im_end|>\n')
  })

  it('gives the template special tokens and variables', () => {
    const source = '{{ bos_token }}{{ style }}{{ messages[0].content }}'
    const template = new ChatTemplate(source, { bos_token: '<s>' })
    expect(template.render({ messages: [user('x')], variables: { style: 'brief ' } })).toBe('<s>brief x')
  })

  it('does not let variables replace the messages', () => {
    const template = new ChatTemplate(chatMl)
    const variables = { messages: [user('other')], add_generation_prompt: false }
    expect(template.render({ messages: [user('mine')], variables })).toContain('mine<|im_end|>\n<|im_start|>assistant')
  })

  it('joins text parts by line breaks', () => {
    const parts = ['one', 'two'].map((text) => ({ type: 'text', text }) as const)
    expect(new ChatTemplate(chatMl).render({ messages: [{ role: 'user', content: parts }] })).toContain('one\ntwo')
  })

  it('refuses an image', () => {
    const messages: ChatMessage[] = [
      { role: 'user', content: [{ type: 'image', image: 'data:image/png;base64,AA==' }] },
    ]
    expect(() => new ChatTemplate(chatMl).render({ messages })).toThrow(/Message 0 holds an image/)
  })

  it('writes tool calls, their results, reasoning and tools in snake case', () => {
    const source =
      '{% for t in tools %}{{ t.type }} {{ t.function.name }} {{ t.function.parameters | tojson }};{% endfor %}' +
      '{% for m in messages %}{{ m.reasoning_content }}|{% for c in m.tool_calls or [] %}{{ c.id }} {{ c.function.name }} {{ c.function.arguments | tojson }}{% endfor %}|{{ m.tool_call_id }}|{{ m.name }}\n{% endfor %}'
    const text = new ChatTemplate(source).render({
      messages: [
        {
          role: 'assistant',
          content: '',
          reasoning: 'hm',
          toolCalls: [
            { id: 'a', name: 'add', arguments: '{"x":1}' },
            { id: 'b', name: 'add', arguments: '{"x":' },
          ],
        },
        { role: 'tool', content: '2', toolCallId: 'a', name: 'add' },
      ],
      tools: [{ name: 'add', parameters: { type: 'object' } }],
    })
    expect(text).toBe('function add {"type": "object"};hm|a add {"x": 1}b add "{\\"x\\":"||\n||a|add\n')
  })

  it('passes none where there are no tools, as Transformers does', () => {
    const source = '{% if tools is not none %}tools{% endif %}{{ messages[0].content }}'
    expect(new ChatTemplate(source).render({ messages: [user('x')], tools: [] })).toBe('x')
  })

  it('tells why a template refuses', () => {
    const template = new ChatTemplate("{{ raise_exception('System role not supported') }}")
    expect(() => template.render({ messages: [user('x')] })).toThrow(InvalidRequestError)
    expect(() => template.render({ messages: [user('x')] })).toThrow(
      "The model's chat template refuses this conversation (line 1): System role not supported.",
    )
  })

  it('tells that a template is broken, and only when it is used', () => {
    const template = new ChatTemplate('{% for m in messages %}')
    expect(() => template.render({ messages: [user('x')] })).toThrow(
      /^The model's chat template is not valid Jinja \(line 1\): /,
    )
  })
})

describe('a failure', () => {
  const fails = (source: string): (() => string) => {
    const template = new ChatTemplate(source)
    return () => template.render({ messages: [user('x')], variables: { list: ['a'], object: { a: 1 } } })
  }

  it.each([
    [
      "a\n{{ '{{' }}{# {% #}\n{% if true %}\n{{ raise_exception('No.') }}{% endif %}",
      'refuses this conversation (line 4): No.',
    ],
    ["{% set a = {'b': {'c': 1}} %}\n\n{{ a.x.y }}", 'fails on this conversation (line 3): a.x is not defined.'],
    ["{% if false %}\n{% elif true %}\n{{ messages[3]['role'] }}{% endif %}", '(line 3): messages[3] is not defined.'],
    ["{% for m in messages %}\n{{ 'a' + object }}\n{% endfor %}", '(line 2): It adds text and an object.'],
    ['{% generation %}\n{{ list | nothing }}{% endgeneration %}', '(line 2): Unknown ArrayValue filter: nothing.'],
    [
      '{% macro f() %}\n\n{{ raise_exception("in f") }}{% endmacro %}\n{{ f() }}',
      'refuses this conversation (line 3): in f.',
    ],
    ['{% for i in range(1000000000) %}{% endfor %}', '(line 1): It asks for a range of more than 100000 numbers.'],
    ['a\n{% if %}b{% endif %}', 'not valid Jinja (line 2): '],
    ['a\n\n{% for m in messages %}\nb', 'not valid Jinja (line 3): It ends inside a block or an expression.'],
  ])('of %j tells its line and reason', (source, message) => {
    expect(fails(source)).toThrow(message)
  })
})

describe('continueFinalMessage', () => {
  const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
  const render = (source: string, content: string): string =>
    new ChatTemplate(source, { bos_token: '<s>' }).render({
      messages: [user('Hi'), assistant(content)],
      continueFinalMessage: true,
    })

  it('leaves the last message open', () => {
    expect(render(chatMl, 'Red, ')).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nRed, ')
    expect(render(chatMl, '')).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n')
  })

  it('trims what the template trims', () => {
    const open = '<s><|start|>user<|end|>\n\nHi<|eot|><|start|>assistant<|end|>\n\nRed,'
    expect(render(trimming, ' Red, ')).toBe(open)
  })

  it('keeps the messages apart from the template', () => {
    const { text, segments } = new ChatTemplate(trimming).renderSegments({
      messages: [user('Hi'), assistant(' Red, ')],
      continueFinalMessage: true,
    })
    expect(segments?.map((segment) => segment.text).join('')).toBe(text)
    expect(segments?.filter(({ origin }) => origin === 'content').map((segment) => segment.text)).toEqual([
      'Hi',
      'Red,',
    ])
  })

  it('is refused where the template takes the message apart', () => {
    expect(render(splitting, 'ab')).toBe('[user]Hi[assistant]ab')
    expect(() => render(splitting, 'a</think>b')).toThrow(/end with a user's message/)
    expect(() => render("{{ messages[1].content | replace('e', 'E') }}", 'Red')).toThrow(/end with a user's message/)
    expect(() => render('{{ messages[0].content }}', 'Red')).toThrow(/end with a user's message/)
  })

  it('is refused without a message', () => {
    expect(() => new ChatTemplate(chatMl).render({ messages: [], continueFinalMessage: true })).toThrow(
      InvalidRequestError,
    )
  })
})

describe('mentions', () => {
  it('knows variables by their whole names', () => {
    expect(new ChatTemplate(splitting).mentions('enable_thinking')).toBe(true)
    expect(new ChatTemplate(splitting).mentions('thinking')).toBe(false)
  })
})

describe('renderSegments', () => {
  const contents = (source: string, messages: readonly ChatMessage[]): readonly string[] | undefined =>
    new ChatTemplate(source, { bos_token: '<s>' })
      .renderSegments({ messages })
      .segments?.filter(({ origin }) => origin === 'content')
      .map(({ text }) => text)

  it('tells the messages from the template', () => {
    expect(new ChatTemplate(chatMl).renderSegments({ messages: [user('Hi<|im_end|>')] })).toEqual({
      text: '<|im_start|>user\nHi<|im_end|><|im_end|>\n<|im_start|>assistant\n',
      segments: [
        { text: '<|im_start|>user\n', origin: 'template' },
        { text: 'Hi<|im_end|>', origin: 'content' },
        { text: '<|im_end|>\n<|im_start|>assistant\n', origin: 'template' },
      ],
      alteredMessages: [],
    })
  })

  it('follows a template that trims', () => {
    expect(contents(trimming, [user(' a '), user('b\n')])).toEqual(['a', 'b'])
  })

  it('follows a template that writes JSON or capitals', () => {
    expect(contents('{{ messages[0].content | tojson }}', [user('say "hi"\n')])).toEqual(['say \\"hi\\"\\n'])
    expect(contents('{{ messages[0].content | upper }}', [user('hi')])).toEqual(['HI'])
  })

  it('follows tool calls and names, not roles', () => {
    const source =
      '{{ messages[0].role }} {{ messages[0].name }} {{ messages[0].tool_calls[0].function.arguments | tojson }}'
    const toolCalls = [{ id: '1', name: 'f', arguments: '{"key":["value"]}' }]
    expect(contents(source, [{ role: 'assistant', content: '', name: 'Ada', toolCalls }])).toEqual(['Ada', 'value'])
  })

  it('gives no segments for a template that takes a text apart, and tells whose text it changed', () => {
    const rendered = new ChatTemplate(splitting).renderSegments({ messages: [user('a'), user('a</think>\nb')] })
    expect(rendered).toEqual({ text: '[user]a[user]b', segments: undefined, alteredMessages: [1] })
  })

  it('gives no segments for a template that refuses marked texts', () => {
    const source = "{% if messages[0].content != 'ok' %}{{ raise_exception('no') }}{% endif %}ok"
    expect(new ChatTemplate(source).renderSegments({ messages: [user('ok')] })).toEqual({
      text: 'ok',
      segments: undefined,
      alteredMessages: [],
    })
  })

  it('marks texts by what does not occur in them', () => {
    const text = '\u{100000}\u{100001}\u{100002}'
    expect(contents(chatMl, [user(text)])).toEqual([text])
  })

  it('finds exactly the contents, whatever they are', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<|im_end|>', ' <|im_end|>\n', '\n', '', '<|im_start|>assistant\n', '\u{100000}'),
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.array(anything).map((parts) => parts.join('')),
          { minLength: 1 },
        ),
        (texts) => {
          expect(contents(chatMl, texts.map(user))).toEqual(texts.filter((text) => text !== ''))
          const trimmed = texts.map((text) => text.trim()).filter((text) => text !== '')
          expect(contents(trimming, texts.map(user))).toEqual(trimmed)
        },
      ),
      { numRuns: 25 },
    )
  })
})
