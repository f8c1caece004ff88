/** A server that has said that its answer is complete, and what becomes of the connection. */
import { describe, expect, it } from 'vitest'

import { chunk, event, lastChunk, openStream, stream } from '../support/http-bytes.js'
import { ManualRuntime } from '../support/manual-runtime.js'
import { inTurn } from '../support/scripted-server.js'
import {
  chatEvents,
  chatRoute,
  chatStream,
  connect,
  listedModel,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const heldOpen = [...openStream(...chatEvents('Hello')), { end: 'hang' }] as const

describe('after [DONE]', () => {
  it('the answer is complete although the connection stays open, which is closed then', async () => {
    const server = await startXinference({ chat: heldOpen })
    const llm = await connect(server, { modelDescription: listedModel }).load()
    expect(await llm.chat(question)).toMatchObject({ text: 'Hello', usage: { outputTokens: 2 } })
    await server.allSocketsClosed()
    expect((await llm.streamChat(question).response()).text).toBe('Hello')
    await server.allSocketsClosed()
  })

  it('a connection whose body ends a little later is used again', async () => {
    let end = (): void => undefined
    const until = new Promise<void>((resolve) => (end = resolve))
    const late = [...openStream(...chatEvents('Hello')), { until }, { write: lastChunk }]
    const server = await startXinference({ chat: inTurn(late, chatStream('again')) })
    const runtime = new ManualRuntime()
    const llm = await connect(server, { modelDescription: listedModel }, runtime).load()
    const parts = llm.streamChat(question)[Symbol.asyncIterator]()
    await parts.next()
    end()
    expect(await parts.next()).toMatchObject({ value: { type: 'finish', text: 'Hello' } })
    // No clock moved: it was the end of the body that ended the call. undici needs a turn to have its connection back.
    await new Promise(setImmediate)
    expect((await llm.chat(question)).text).toBe('again')
    expect(server.requestsTo(chatRoute).map(({ connection }) => connection)).toEqual([0, 0])
  })

  it('nothing changes the answer any more', async () => {
    const more = stream({ error: 'CUDA out of memory' }).slice(1)
    const server = await startXinference({ chat: [...openStream(...chatEvents('Hello')), ...more] })
    expect((await connect(server).chat(question)).text).toBe('Hello')
    const together = chunk([...chatEvents('Hello'), { error: 'CUDA out of memory' }].map(event).join(''))
    const other = await startXinference({ chat: [...openStream(), { write: together }, { write: lastChunk }] })
    expect((await connect(other).chat(question)).text).toBe('Hello')
  })
})
