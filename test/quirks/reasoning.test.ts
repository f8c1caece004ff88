/** Quirks 13 and 14: thinking, in all the forms in which servers give it. */
import { describe, expect, it } from 'vitest'

import type { CallOptions, ChatResponse, ChatStreamPart } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { openStream, stream, streamOf } from '../support/http-bytes.js'
import { drain, errorOf } from '../support/outcome-of.js'
import type { Script } from '../support/scripted-server.js'
import { chatAnswer, chatChunk, connect, startXinference } from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Two colors?' }] as const
/** Thinks always, or when it is told to. */
const thinker = { model_ability: ['chat', 'reasoning'] }
const hybrid = { model_ability: ['chat', 'reasoning', 'hybrid'] }

type Model = Readonly<Record<string, unknown>>

async function read(script: Script, model: Model, options: CallOptions = {}) {
  const server = await startXinference({ chat: script, model })
  const { parts, error } = await drain<ChatStreamPart>(connect(server, { maxRetries: 0 }).streamChat(question, options))
  expect(error).toBeUndefined()
  const last = parts.at(-1)
  if (last?.type !== 'finish') throw new Error('The stream has no finish part.')
  const seen = parts
    .slice(0, -1)
    .map((part) => [part.type, part.type === 'reasoning' ? part.reasoningDelta : part.delta] as const)
  return { parts, seen, response: last.response }
}

/** A stream that says these pieces as content. */
function saying(pieces: readonly string[], reason = 'stop'): Script {
  return stream(...pieces.map((content) => chatChunk({ content })), chatChunk({}, reason), '[DONE]')
}

async function readWhole(
  content: string,
  model: Model,
  reason = 'stop',
  options: CallOptions = {},
): Promise<ChatResponse> {
  const server = await startXinference({ chat: chatAnswer(content, { finish_reason: reason }), model })
  return connect(server).chat(question, { ...options, wireMode: 'json' })
}

describe('quirk 13: thinking inside the text', () => {
  it('between tags is split off (bytes of the transformers engine)', async () => {
    const { seen } = await read(streamOf(fixture('xinference-3.2.1-transformers-inline-think-chat.sse')), thinker)
    expect(seen).toEqual([
      ['reasoning', 'Two colors'],
      ['reasoning', '.'],
      ['text', 'Red, blue'],
      ['text', '.'],
    ])
  })

  it.each([
    ['tags', ['<thi', 'nk>\nHm', '.\n</th', 'ink>\n\nYes', '.'], thinker, {}],
    ['tags of a hybrid model', ['<think>', 'Hm.</think>Yes.'], hybrid, {}],
    ['a closing tag alone', ['Hm', '.\n</th', 'ink>\n\nYes', '.'], thinker, {}],
    ['a closing tag alone, of a hybrid model told to think', ['Hm', '.</think>', 'Yes.'], hybrid, { reasoning: true }],
    ['a closing tag alone, of a hybrid model', ['Hm', '.</thi', 'nk>', 'Yes', '.'], hybrid, {}],
    ['a closing tag alone, in one chunk', ['Hm.</think>Yes.'], hybrid, {}],
  ] as readonly (readonly [string, readonly string[], Model, CallOptions])[])(
    'ends up apart: %s',
    async (_what, pieces, model, options) => {
      const expected = { reasoning: 'Hm.', text: 'Yes.', message: { content: 'Yes.', reasoning: 'Hm.' }, warnings: [] }
      expect((await read(saying(pieces), model, options)).response).toMatchObject(expected)
      expect(await readWhole(pieces.join(''), model, 'stop', options)).toMatchObject(expected)
      const server = await startXinference({ chat: saying(pieces), model })
      expect(await connect(server).chat(question, options)).toMatchObject(expected)
    },
  )

  it('is reported as thinking from its beginning where the model always thinks', async () => {
    const { seen } = await read(saying(['Hm', '.</think>', 'Yes.']), thinker)
    expect(seen).toEqual([
      ['reasoning', 'Hm'],
      ['reasoning', '.'],
      ['text', 'Yes.'],
    ])
  })

  it('is put right in the parts once its closing tag shows it', async () => {
    const { parts } = await read(saying(['Hm', '.</think>', 'Yes.']), hybrid)
    expect(parts).toMatchObject([
      { type: 'text', delta: 'Hm', text: 'Hm' },
      { type: 'reasoning', delta: '', text: '', reasoningDelta: 'Hm.', reasoning: 'Hm.' },
      { type: 'text', delta: 'Yes.', text: 'Yes.' },
      { type: 'finish', text: 'Yes.' },
    ])
  })

  it('is none where a model that always thinks answered without', async () => {
    const { parts, response } = await read(saying(['\nYes', '.']), thinker)
    expect(parts.at(-2)).toMatchObject({ type: 'text', delta: '\nYes.', text: '\nYes.' })
    expect(response).toMatchObject({ text: '\nYes.', reasoning: undefined, warnings: [] })
    expect(await readWhole('\nYes.', thinker)).toMatchObject({ text: '\nYes.', reasoning: undefined })
  })

  it('that a limit cut off is thinking, with a warning that there is no text', async () => {
    const expected = { text: '', reasoning: 'I must find </', warnings: [{ code: 'thinking-cut-off' }] }
    for (const start of ['<think>\n', '']) {
      const pieces = [`${start}I must fi`, 'nd </']
      expect((await read(saying(pieces, 'length'), thinker)).response).toMatchObject(expected)
      expect(await readWhole(pieces.join(''), thinker, 'length')).toMatchObject(expected)
    }
    const unasked = await read(saying(['I must fi', 'nd </'], 'length'), hybrid)
    expect(unasked.response).toMatchObject({ text: 'I must find </', reasoning: undefined, warnings: [] })
  })

  it.each([
    ['of a model that does not think', ['<think>', 'Hm</think>', 'Yes'], {}],
    ['in the middle of a text', ['Write <think>a', '</think>.'], hybrid],
    ['after the thinking', ['<think></think>', 'Write </think>.'], hybrid],
  ] as readonly (readonly [string, readonly string[], Model])[])(
    'leaves tags alone: %s',
    async (_what, pieces, model) => {
      const text = pieces.join('').replace('<think></think>', '')
      expect((await read(saying(pieces), model)).response).toMatchObject({ text, reasoning: undefined })
      expect((await readWhole(pieces.join(''), model)).text).toBe(text)
    },
  )

  it('loses nothing that was held back when the stream breaks off or is aborted', async () => {
    const begun = openStream(chatChunk({ content: '<think>Hm' }), chatChunk({ content: '. </thi' }))
    const partial = { text: '', reasoning: 'Hm. </thi' }
    const broken = await startXinference({ chat: [...begun, { end: 'close' }], model: thinker })
    expect(await errorOf(connect(broken).chat(question))).toMatchObject({ code: 'STREAM_TRUNCATED', partial })
    const failed = await startXinference({ chat: [...begun, ...stream({ error: 'boom' }).slice(1)], model: thinker })
    expect(await errorOf(connect(failed).chat(question))).toMatchObject({ code: 'SERVER_ERROR', partial })
    const endless = await startXinference({ chat: [...begun, { end: 'hang' }], model: thinker })
    const controller = new AbortController()
    const aborted = errorOf(
      (async () => {
        let count = 0
        for await (const _part of connect(endless).streamChat(question, { signal: controller.signal })) {
          if (++count === 2) controller.abort()
        }
      })(),
    )
    expect(await aborted).toMatchObject({ code: 'ABORTED', partial })
    await endless.socketsOpen(1)
  })
})

describe('quirk 14: thinking in a field of its own, and perhaps nothing else', () => {
  it.each([
    ['reasoning_content', [{ reasoning_content: 'H' }, { reasoning_content: 'm.', content: null }]],
    ['reasoning', [{ reasoning: 'H' }, { reasoning: 'm.', content: null }]],
    [
      'both',
      [
        { reasoning_content: 'H', reasoning: 'H' },
        { reasoning_content: 'm.', reasoning: 'm.' },
      ],
    ],
    ['an empty one and the other', [{ reasoning_content: '', reasoning: 'H' }, { reasoning: 'm.' }]],
  ])('is apart from the text: %s', async (_name, thoughts) => {
    const events = [
      ...thoughts.map((delta) => chatChunk(delta)),
      chatChunk({ reasoning_content: null, content: 'Say </think>.' }, 'stop'),
      '[DONE]',
    ]
    for (const model of [{}, thinker, hybrid]) {
      expect((await read(stream(...events), model)).response).toMatchObject({ reasoning: 'Hm.', text: 'Say </think>.' })
    }
  })

  it.each([['reasoning_content'], ['reasoning']])('is apart in a plain answer: %s', async (field) => {
    const message = { role: 'assistant', content: 'Yes.', [field]: 'Hm.' }
    const server = await startXinference({ chat: chatAnswer('', { message }), model: thinker })
    const response = await connect(server).chat(question, { wireMode: 'json' })
    expect(response).toMatchObject({ reasoning: 'Hm.', text: 'Yes.', warnings: [] })
  })

  it('is alone, with the tag that the server wrote, when a limit ends it: a warning says so', async () => {
    const expected = {
      text: '',
      reasoning: 'Hm',
      finishReason: { unified: 'length' },
      warnings: [{ code: 'thinking-cut-off', message: expect.stringContaining('raise maxTokens') }],
    }
    const message = { role: 'assistant', content: '', reasoning_content: '<think>\nHm' }
    const server = await startXinference({ chat: chatAnswer('', { message, finish_reason: 'length' }), model: thinker })
    expect(await connect(server).chat(question, { wireMode: 'json' })).toMatchObject(expected)
    const streamed = stream(chatChunk({ reasoning_content: '<think>\nHm', content: '' }), chatChunk({}, 'length'))
    expect((await read(streamed, thinker)).response).toMatchObject(expected)
  })
})
