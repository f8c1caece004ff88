/** One beginning and one end for each call, whatever happens to it. */
import { describe, expect, it } from 'vitest'

import {
  type CallbackEvents,
  CallbackManager,
  type LLMErrorEvent,
  type LLMStartEvent,
  type Xinference,
} from '../../src/index.js'
import { detail, openStream } from '../support/http-bytes.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { errorOf } from '../support/outcome-of.js'
import { type Answer, inTurn, type Script } from '../support/scripted-server.js'
import {
  chatChunk,
  chatRoute,
  chatStream,
  connect,
  listedModel,
  realRuntime,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const silent: Script = [{ end: 'hang' }]
const speaking: Script = [...openStream(chatChunk({ content: 'Hel' }), chatChunk({ content: 'lo' })), ...silent]
const names = ['llm-start', 'llm-stream', 'llm-end', 'llm-error', 'retry', 'waiting'] as const

type Heard = {
  [Name in keyof CallbackEvents]: { readonly name: Name; readonly event: CallbackEvents[Name] }
}[keyof CallbackEvents]

/** Everything that a manager says. */
function listen(manager: CallbackManager): Heard[] {
  const heard: Heard[] = []
  for (const name of names) manager.on(name, (event) => heard.push({ name, event } as Heard))
  return heard
}

async function start(chat: Answer = chatStream('Hel', 'lo'), options: object = {}) {
  const server = await startXinference({ chat, completion: chat })
  const callbackManager = new CallbackManager()
  const llm = connect(server, { modelDescription: listedModel, callbackManager, ...options })
  return { server, llm, heard: listen(callbackManager) }
}

describe('llm-start', () => {
  it('tells what is asked, and of whom, without a secret', async () => {
    const { llm, heard } = await start(undefined, {
      apiKey: 'marked-key',
      headers: { 'x-gateway': 'marked-header' },
      systemPrompt: 'Be brief.',
      generationKwargs: { topP: 0.9 },
    })
    await llm.chat(question, { maxTokens: 5 })
    const { event } = heard[0] as { event: LLMStartEvent }
    expect(event).toMatchObject({
      id: expect.stringMatching(/./),
      className: 'Xinference_llm',
      kind: 'chat',
      messages: question,
      prompt: undefined,
      options: { maxTokens: 5, topP: 0.9, temperature: 1 },
      config: {
        className: 'Xinference_llm',
        config: { modelUid: 'my-qwen', apiKey: { env: 'XINFERENCE_API_KEY' }, systemPrompt: 'Be brief.' },
      },
    })
    expect(JSON.stringify(heard)).not.toContain('marked')
  })

  it('carries the prompt of a completion, by whatever route it goes', async () => {
    const { llm, heard } = await start()
    await llm.complete('Hello?')
    await llm.complete('Once', { raw: true })
    const starts = heard.filter(({ name }) => name === 'llm-start')
    expect(starts).toMatchObject([
      { event: { kind: 'completion', prompt: 'Hello?', messages: undefined } },
      { event: { kind: 'completion', prompt: 'Once', messages: undefined } },
    ])
  })
})

describe('llm-stream', () => {
  it('tells of each part that the caller gets', async () => {
    const { llm, heard } = await start()
    await llm.streamChat(question).response()
    expect(heard.map(({ name }) => name)).toEqual(['llm-start', 'llm-stream', 'llm-stream', 'llm-end'])
    expect(heard[2]?.event).toMatchObject({ part: { type: 'text', delta: 'lo', text: 'Hello' } })
  })
})

describe('llm-end', () => {
  it('carries the answer', async () => {
    const { llm, heard } = await start()
    const response = await llm.chat(question)
    expect(heard.at(-1)).toEqual({
      name: 'llm-end',
      event: { id: heard[0]?.event.id, className: 'Xinference_llm', response },
    })
  })
})

describe('retry and waiting', () => {
  it('tell what comes, between the beginning and the end of the same call', async () => {
    const server = await startXinference({
      chat: inTurn(detail(503, 'Model is loading'), detail(503, 'overloaded'), chatStream('Hello')),
    })
    const runtime = new ManualRuntime()
    const llm = connect(server, { modelDescription: listedModel }, runtime)
    const heard = listen(llm.callbackManager)
    for (const name of ['retry', 'waiting'] as const) {
      llm.callbackManager.on(name, ({ delayMs }) => queueMicrotask(() => runtime.advance(delayMs)))
    }
    await llm.chat(question)
    expect(heard.map(({ name }) => name)).toEqual(['llm-start', 'waiting', 'retry', 'llm-end'])
    expect(new Set(heard.map(({ event }) => event.id)).size).toBe(1)
    expect(heard[1]?.event).toMatchObject({ waitedMs: 1000, delayMs: 1000, cause: { code: 'MODEL_LOADING' } })
    expect(heard[2]?.event).toMatchObject({ attempt: 3, delayMs: 275, cause: { code: 'SERVER_ERROR', status: 503 } })
  })
})

/** All the ways in which a call may end. */
const ends: readonly (readonly [
  name: string,
  chat: Script,
  code: string | undefined,
  run: (llm: Xinference, arrived: () => Promise<void>) => Promise<unknown>,
])[] = [
  ['success', chatStream('Hello'), undefined, (llm) => llm.chat(question)],
  ['success of a stream', chatStream('Hello'), undefined, (llm) => llm.streamChat(question).response()],
  ['an error of the server', detail(400, 'no'), 'INVALID_REQUEST', (llm) => llm.chat(question)],
  [
    'an error inside a stream',
    [...speaking.slice(0, -1), { end: 'close' }],
    'STREAM_TRUNCATED',
    (llm) => llm.streamChat(question).response(),
  ],
  [
    'an answer that does not fit the schema',
    chatStream('Hello'),
    'INVALID_OUTPUT',
    (llm) => llm.chat(question, { structuredOutput: { format: 'json', schema: { type: 'object' } } }),
  ],
  [
    'a break',
    speaking,
    'ABORTED',
    async (llm) => {
      for await (const _part of llm.streamChat(question)) break
    },
  ],
  [
    'a throw inside the loop',
    speaking,
    'ABORTED',
    async (llm) => {
      for await (const _part of llm.streamChat(question)) throw new Error('mine')
    },
  ],
  [
    "the caller's signal",
    silent,
    'ABORTED',
    async (llm, arrived) => {
      const controller = new AbortController()
      const failure = errorOf(llm.chat(question, { signal: controller.signal }))
      await arrived()
      controller.abort()
      await failure
    },
  ],
  [
    'a signal that was aborted before',
    silent,
    'ABORTED',
    async (llm) => {
      await llm.load()
      await llm.chat(question, { signal: AbortSignal.abort() })
    },
  ],
  ['a timeout', silent, 'TIMEOUT', (llm) => llm.chat(question, { timeouts: { firstTokenMs: 10 } })],
  [
    'unload',
    silent,
    'ABORTED',
    async (llm, arrived) => {
      const failure = errorOf(llm.chat(question))
      await arrived()
      await llm.unload()
      await failure
    },
  ],
  ['generateOne', detail(400, 'no'), 'INVALID_REQUEST', (llm) => llm.generateOne(question)],
]

describe('each call', () => {
  it.each(ends)('that ends with %s has one beginning and one end', async (_name, chat, code, run) => {
    const { server, llm, heard } = await start(chat, { maxRetries: 0 })
    await run(llm, () => server.received(chatRoute)).catch(() => undefined)
    await llm.unload()
    const [first] = heard
    const outer = heard.filter(({ name }) => name !== 'llm-stream' && name !== 'retry')
    expect(outer.map(({ name }) => name)).toEqual(['llm-start', code === undefined ? 'llm-end' : 'llm-error'])
    expect(outer[1]?.event.id).toBe(first?.event.id)
    if (code !== undefined) {
      expect((outer[1]?.event as LLMErrorEvent).error).toMatchObject({ code, partial: { text: expect.any(String) } })
    }
  })

  it.each([
    ['all are answered', chatStream('Hello'), 3],
    ['one fails', inTurn(chatStream('Hello'), detail(400, 'no'), silent), undefined],
  ] as const)('of several answers has its own: %s', async (_name, chat, endCount) => {
    const { llm, heard } = await start(chat, { maxRetries: 0 })
    await llm.chat(question, { n: 3 }).catch(() => undefined)
    await llm.unload()
    const ids = (name: string): string[] => heard.filter((each) => each.name === name).map(({ event }) => event.id)
    expect(new Set(ids('llm-start')).size).toBe(3)
    expect([...ids('llm-end'), ...ids('llm-error')].toSorted()).toEqual(ids('llm-start').toSorted())
    if (endCount !== undefined) expect(ids('llm-end')).toHaveLength(endCount)
  })

  it('of generate has its own', async () => {
    const { llm, heard } = await start(
      (_request, count) => (count % 3 === 0 ? detail(400, 'no') : chatStream('Hello')),
      { maxRetries: 0 },
    )
    await llm.generate([question, question, question], { numGenerations: 3, concurrency: 4 })
    const starts = heard.filter(({ name }) => name === 'llm-start').map(({ event }) => event.id)
    const stops = heard.filter(({ name }) => name === 'llm-end' || name === 'llm-error').map(({ event }) => event.id)
    expect(new Set(starts).size).toBe(9)
    expect(stops.toSorted()).toEqual(starts.toSorted())
  })

  it('that was never sent has neither', async () => {
    const { llm, heard } = await start()
    await errorOf(llm.chat([]))
    await errorOf(llm.chat(question, { minP: 0.5 }))
    llm.streamChat(question)
    await llm.streamChat(question)[Symbol.asyncIterator]().return?.()
    expect(heard).toEqual([])
  })
})

describe('a handler', () => {
  it('that throws or rejects breaks nothing', async () => {
    const { llm, heard } = await start()
    for (const name of names) {
      llm.callbackManager.on(name, () => {
        throw new Error('observer')
      })
      llm.callbackManager.on(name, () => Promise.reject(new Error('observer')))
      llm.callbackManager.on(name, async () => {
        await Promise.resolve()
        throw new Error('observer')
      })
    }
    const late = listen(llm.callbackManager)
    expect((await llm.streamChat(question).response()).text).toBe('Hello')
    expect(late.map(({ name }) => name)).toEqual(heard.map(({ name }) => name))
    expect(heard).toHaveLength(4)
  })

  it('can be taken off, one registration at a time', () => {
    const manager = new CallbackManager()
    const heard: string[] = []
    const handler = (event: LLMStartEvent): unknown => heard.push(event.id)
    const event = { id: 'call-1' } as LLMStartEvent
    const off = manager.on('llm-start', handler)
    manager.on('llm-start', handler)
    manager.emit('llm-start', event)
    off()
    off()
    manager.emit('llm-start', event)
    expect(heard).toEqual(['call-1', 'call-1', 'call-1'])
  })

  it('may call the model itself', async () => {
    const { llm } = await start()
    const inner: string[] = []
    const finished = new Promise<void>((resolve) => {
      const off = llm.callbackManager.on('llm-end', async () => {
        off()
        inner.push((await llm.chat(question)).text)
        resolve()
      })
    })
    await llm.chat(question)
    await finished
    expect(inner).toEqual(['Hello'])
  })
})

describe('one manager', () => {
  it('serves many models, and says whose an event is', async () => {
    const callbackManager = new CallbackManager()
    const heard = listen(callbackManager)
    const server = await startXinference()
    const models = ['one', 'two', 'three'].map((modelUid) =>
      connect(server, { modelUid, modelDescription: listedModel, callbackManager }, realRuntime()),
    )
    await Promise.all(models.map((llm) => llm.chat(question)))
    const starts = heard.flatMap(({ name, event }) => (name === 'llm-start' ? [event] : []))
    const uids = starts.map(({ config }) => (config['config'] as { modelUid: string }).modelUid)
    expect(uids.toSorted()).toEqual(['one', 'three', 'two'])
    expect(new Set(starts.map(({ id }) => id)).size).toBe(3)
    expect(heard.filter(({ name }) => name === 'llm-end')).toHaveLength(3)
  })
})
