import { describe, expect, it } from 'vitest'

import { json } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import type { ScriptedServer } from '../support/scripted-server.js'
import { chatAnswer, chatRoute, startXinference } from '../support/xinference-server.js'
import { modelOn, prompts, promptsOf, readLines, runFast, scratch, startEcho } from './support.js'

const pairOf = (servers: readonly Pick<ScriptedServer, 'url'>[]): ReturnType<typeof modelOn>[] =>
  servers.map((server) => modelOn(server))

/** A server that lists another model than the others do. */
async function startOther(model: Readonly<Record<string, unknown>>): Promise<ScriptedServer> {
  return startXinference({ model, chat: () => chatAnswer('other') })
}

describe('several endpoints', () => {
  it('share the rows, each of which is asked once', async () => {
    const path = await scratch()
    const servers = [await startEcho(), await startEcho()]
    const summary = await runFast({
      llm: pairOf(servers),
      source: prompts(200),
      sink: path('out.jsonl'),
      concurrency: 4,
      hedge: false,
    })
    expect(summary).toMatchObject({ counts: { ok: 200 }, requests: 200, hedgedRequests: 0 })
    const asked = servers.map((server) => promptsOf(server))
    expect(new Set(asked.flat()).size).toBe(200)
    expect(Math.min(...asked.map(({ length }) => length))).toBeGreaterThan(10)
    expect(summary.endpoints).toMatchObject(
      servers.map(({ url }, index) => ({ name: url, limit: 4, signal: 'given', answers: asked[index]?.length })),
    )
    expect((await readLines(path('out.jsonl'))).map(({ generation }) => generation)).toEqual(
      prompts(200).map(({ prompt }) => `re: ${prompt}`),
    )
  })

  it('lose no row to one that dies, and take it back when it is there again', async () => {
    const path = await scratch()
    let isDead = false
    const servers = [
      await startEcho(),
      await startEcho((_prompt, _request, count) => {
        if (count === 20) isDead = true
        if (count === 40) isDead = false
        return isDead ? [{ end: 'reset' }] : undefined
      }),
    ]
    const summary = await runFast({
      llm: pairOf(servers),
      source: prompts(400),
      sink: path('out.jsonl'),
      concurrency: 4,
      maxRetries: 1,
      hedge: false,
    })
    expect(summary).toMatchObject({ end: 'finished', counts: { ok: 400, failed: 0 } })
    // What is tried while it is dead comes one at a time, with pauses.
    expect(promptsOf(servers[1] as ScriptedServer).length).toBeLessThan(300)
  })

  it('begin without one that is not there', async () => {
    const path = await scratch()
    const server = await startEcho()
    const llm = [modelOn({ url: 'http://127.0.0.1:1' }), modelOn(server)]
    const summary = await runFast({ llm, source: prompts(50), sink: path('out.jsonl') })
    expect(summary).toMatchObject({ counts: { ok: 50 }, endpoints: [{ answers: 0 }, { answers: 50 }] })
  })

  it('are not there at all: the run says why', async () => {
    const path = await scratch()
    const llm = ['http://127.0.0.1:1', 'http://127.0.0.1:9'].map((url) => modelOn({ url }))
    expect(await errorOf(runFast({ llm, source: prompts(5), folder: path('run') }))).toMatchObject({
      code: 'CONNECTION_FAILED',
    })
  })

  it('of which one has lost its model: the others do its work', async () => {
    const path = await scratch()
    const servers = [await startEcho(), await startEcho(() => json(400, { detail: 'Model not found, uid: my-qwen' }))]
    const summary = await runFast({
      llm: pairOf(servers),
      source: prompts(100),
      sink: path('out.jsonl'),
      concurrency: 4,
    })
    expect(summary).toMatchObject({
      end: 'finished',
      counts: { ok: 100 },
      endpoints: [{ answers: 100 }, { answers: 0 }],
    })
  })
})

describe('endpoints in the order of preference', () => {
  it('give all rows to the first', async () => {
    const path = await scratch()
    const servers = [await startEcho(), await startEcho()]
    const llm = pairOf(servers)
    await runFast({ llm, source: prompts(60), sink: path('out.jsonl'), endpoints: 'fallback', hedge: false })
    expect(servers.map((server) => promptsOf(server).length)).toEqual([60, 0])
  })

  it('give them to the next one while the first is not there', async () => {
    const path = await scratch()
    const second = await startEcho()
    const llm = [modelOn({ url: 'http://127.0.0.1:1' }), modelOn(second)]
    const summary = await runFast({ llm, source: prompts(60), sink: path('out.jsonl'), endpoints: 'fallback' })
    expect(summary.counts.ok).toBe(60)
    expect(promptsOf(second)).toHaveLength(60)
  })
})

describe('endpoints that differ', () => {
  it.each([
    ['in the model', { model_name: 'llama-3-instruct' }, 'the model: '],
    ['in the window', { context_length: 4096 }, 'the context window: '],
  ])('%s are refused, unless that is allowed', async (_what, change, message) => {
    const path = await scratch()
    const servers = [await startEcho(), await startOther(change)]
    const options = { llm: pairOf(servers), source: prompts(20), sink: path('out.jsonl'), concurrency: 2, hedge: false }
    expect(await errorOf(runFast(options))).toMatchObject({
      code: 'ENDPOINTS_DIFFER',
      message: expect.stringContaining(message),
    })
    expect(servers.flatMap((server) => server.requestsTo(chatRoute))).toEqual([])
    expect(await runFast({ ...options, allowDifferentModels: true })).toMatchObject({ counts: { ok: 20 } })
  })

  it('in what they are asked are refused', async () => {
    const path = await scratch()
    const servers = [await startEcho(), await startEcho()] as const
    const llm = [modelOn(servers[0], { temperature: 0 }), modelOn(servers[1], { temperature: 1 })]
    expect(await errorOf(runFast({ llm, source: prompts(5), folder: path('run') }))).toMatchObject({
      code: 'ENDPOINTS_DIFFER',
      message: expect.stringContaining('temperature'),
    })
  })
})

describe('a run whose endpoints come, go and change places', () => {
  it('goes on', async () => {
    const path = await scratch()
    const servers = [await startEcho(), await startEcho(), await startEcho()] as const
    const common = { source: prompts(60), sink: path('out.jsonl'), hedge: false }
    await runFast({ ...common, llm: pairOf([servers[0], servers[1]]), limit: 20 })
    await runFast({ ...common, llm: pairOf([servers[2], servers[0]]), limit: 40 })
    expect(await runFast({ ...common, llm: modelOn(servers[1]) })).toMatchObject({ rows: 60, requestsNow: 20 })
  })
})

describe('the last rows', () => {
  it('are asked a second time where they are late; the first answer counts, the other request is ended', async () => {
    const path = await scratch()
    let asked = 0
    const server = await startEcho((prompt) => (prompt === 'p199' && asked++ === 0 ? [{ end: 'hang' }] : undefined))
    // It ends only when nothing is in flight any more: the request that hangs was cancelled.
    const summary = await runFast({
      llm: modelOn(server),
      source: prompts(200),
      sink: path('out.jsonl'),
      concurrency: 8,
    })
    expect(summary).toMatchObject({ counts: { ok: 200, failed: 0 }, requests: 200 + summary.hedgedRequests })
    expect(asked).toBeGreaterThanOrEqual(2)
    expect(summary.hedgedRequests).toBeLessThanOrEqual(4)
    expect((await readLines(path('out.jsonl'))).at(-1)).toMatchObject({ generation: 're: p199', status: 'ok' })
  })
})
