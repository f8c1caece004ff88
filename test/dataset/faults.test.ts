import { readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import type { RowStatus } from 'headrace'

import { detail, head, html, json, plainText, streamHead, chunk, event } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { createGate } from '../support/scripted-model.js'
import type { Script } from '../support/scripted-server.js'
import { chatAnswer, chatChunk, chatRoute, chatStream } from '../support/xinference-server.js'
import { fastRuntime, modelOn, prompts, promptsOf, readLines, runFast, scratch, startEcho, sumOf } from './support.js'

const busy = (headers: Readonly<Record<string, string>> = {}): Script => detail(429, 'Rate limit reached', headers)

/** What the server does with one kind of row: so many times, or always. */
interface Fault {
  readonly script: Script
  readonly times: number
  readonly status: RowStatus
}

const once = (script: Script): Fault => ({ script, times: 1, status: 'ok' })
const always = (script: Script, status: RowStatus): Fault => ({ script, times: Infinity, status })

const faults: Readonly<Record<string, Fault>> = {
  '429': once(busy()),
  '429 retry-after 0': once(busy({ 'retry-after': '0' })),
  '429 retry-after seconds': once(busy({ 'retry-after': '0.5' })),
  '429 retry-after date': once(busy({ 'retry-after': new Date(0).toUTCString() })),
  '429 retry-after nonsense': once(busy({ 'retry-after': 'soon' })),
  '503': once(json(503, { detail: 'overloaded' })),
  '503 without a body': once([{ write: head(503, { 'content-length': '0' }) }]),
  '500': once(plainText(500, 'Internal Server Error')),
  '502 page': once(html(502)),
  'wrong json': once([{ write: `${head(200, { 'content-length': '5', 'content-type': 'application/json' })}{"a":` }]),
  'another json': once(json(200, { hello: 'world' })),
  page: once(html(200)),
  reset: once([{ end: 'reset' }]),
  closed: once([{ end: 'close' }]),
  'cut body': once([
    { write: `${head(200, { 'content-length': '500', 'content-type': 'application/json' })}{"id"` },
    { end: 'close' },
  ]),
  silence: once([{ end: 'hang' }]),
  'half and silence': once([
    { write: head(200, { 'content-length': '500', 'content-type': 'application/json' }) },
    { end: 'hang' },
  ]),
  'always 400': always(detail(400, 'Too odd.'), 'invalid'),
  'always 500': always(detail(500, 'Engine died.'), 'failed'),
  'always silent': always([{ end: 'hang' }], 'failed'),
  'too long': always(detail(400, 'This model exceeds the maximum context length of 10'), 'too-long'),
  refused: always(chatAnswer('', { finish_reason: 'content_filter' }), 'refused'),
}

const timeouts = { totalMs: 100_000 }

describe('faults', () => {
  it('of every kind among good rows: each ends in its state, the sums match, the run ends', async () => {
    const path = await scratch()
    const counts = new Map<string, number>()
    const server = await startEcho((prompt) => {
      const fault = faults[prompt]
      const count = counts.get(prompt) ?? 0
      counts.set(prompt, count + 1)
      return fault !== undefined && count < fault.times ? fault.script : undefined
    })
    const good = prompts(200)
    const source = [...good.slice(0, 100), ...Object.keys(faults).map((prompt) => ({ prompt })), ...good.slice(100)]
    const llm = modelOn(server, {}, fastRuntime)
    const summary = await runFast({
      llm,
      source,
      sink: path('out.jsonl'),
      concurrency: 16,
      maxRetries: 2,
      // Silence is late, and would be asked a second time.
      hedge: false,
      options: { timeouts },
    })
    const rows = await readLines(path('out.jsonl'))
    const statuses = Object.fromEntries(
      rows.filter(({ prompt }) => String(prompt) in faults).map(({ prompt, status }) => [prompt, status]),
    )
    expect(statuses).toEqual(Object.fromEntries(Object.entries(faults).map(([prompt, { status }]) => [prompt, status])))
    expect(summary).toMatchObject({ end: 'finished', rows: source.length })
    expect(sumOf(summary)).toBe(source.length)
    expect(rows.filter(({ status }) => status === 'ok')).toHaveLength(summary.counts.ok)
    expect(summary.counts).toMatchObject({ invalid: 1, failed: 2, 'too-long': 1, refused: 1, cancelled: 0 })
    // The request's fault is not asked again; the server's is, so often as was said.
    expect(counts.get('always 400')).toBe(1)
    expect(counts.get('too long')).toBe(1)
    expect(counts.get('always 500')).toBe(3)
    expect(counts.get('always silent')).toBe(3)
    expect(summary.requests).toBe(server.requestsTo(chatRoute).length)
  })

  it('streams that are cut or that go silent are asked again, and what they cost is waste', async () => {
    const path = await scratch()
    const counts = new Map<string, number>()
    const begun = [{ write: streamHead }, { write: chunk(event(chatChunk({ content: 'Hal' }))) }] as const
    const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }
    const cut = [...begun, { write: chunk(event({ choices: [], usage })) }, { end: 'close' }] as const
    const server = await startEcho((prompt) => {
      const count = counts.get(prompt) ?? 0
      counts.set(prompt, count + 1)
      if (count === 0 && prompt === 'p1') return cut
      if (count === 0 && prompt === 'p2') return [...begun, { end: 'hang' }]
      return chatStream('He', 'llo')
    })
    const llm = modelOn(server, { wireMode: 'stream' }, fastRuntime)
    const summary = await runFast({ llm, source: prompts(4), sink: path('out.jsonl'), options: { timeouts } })
    expect(summary).toMatchObject({ counts: { ok: 4 }, requests: 6, tokens: { input: 36, output: 8 } })
    expect((await readLines(path('out.jsonl'))).map(({ generation }) => generation)).toEqual(Array(4).fill('Hello'))
  })

  it('a server that takes four at a time gets all rows through', async () => {
    const path = await scratch()
    let running = 0
    const server = await startEcho((prompt) => {
      if (running === 4) return json(503, { detail: 'queue is full' })
      running++
      const ended = new Promise<void>((resolve) => {
        setImmediate(() => {
          running--
          resolve()
        })
      })
      return [{ until: ended }, ...chatAnswer(`re: ${prompt}`)]
    })
    const summary = await runFast({
      llm: modelOn(server),
      source: prompts(300),
      sink: path('out.jsonl'),
      concurrency: 64,
    })
    expect(summary).toMatchObject({ counts: { ok: 300, failed: 0 } })
    // Refusals do not go on as they began: what is in flight is lowered to what the server takes.
    expect(server.requestsTo(chatRoute).length).toBeLessThan(300 * 4)
  })

  it.each([
    ['that is loading', 'p0', 'Model is not ready yet'],
    ['that was there, as after a restart of its server,', 'p10', 'Model not found, uid: my-qwen'],
  ])('a model %s is waited for', async (_what, from, said) => {
    const path = await scratch()
    let left = 3
    const server = await startEcho((prompt) => (prompt === from && left-- > 0 ? detail(400, said) : undefined))
    const summary = await runFast({
      llm: modelOn(server),
      source: prompts(20),
      sink: path('out.jsonl'),
      maxRetries: 0,
      concurrency: 1,
    })
    expect(summary).toMatchObject({ counts: { ok: 20 }, requests: 23 })
  })
})

describe('what no row could survive ends the run, with everything kept', () => {
  it.each([
    ['a key that is refused', 10, detail(401, 'Bad key.'), 'AUTHENTICATION_FAILED'],
    ['a model that never was there', 0, detail(400, 'Model not found, uid: my-qwen'), 'MODEL_NOT_FOUND'],
  ])('%s', async (_what, answered, script, code) => {
    const path = await scratch()
    let isBroken = true
    const server = await startEcho((prompt) => (isBroken && Number(prompt.slice(1)) >= answered ? script : undefined))
    const options = { llm: modelOn(server), source: prompts(100), sink: path('out.jsonl'), concurrency: 4 }
    expect(await errorOf(runFast(options))).toMatchObject({ code })
    expect(server.requestsTo(chatRoute).length).toBeLessThan(20)
    isBroken = false
    expect(await runFast(options)).toMatchObject({ counts: { ok: 100 }, requestsNow: 100 - answered })
  })

  it('an option that the model cannot honour', async () => {
    const path = await scratch()
    const server = await startEcho()
    const run = runFast({
      llm: modelOn(server),
      source: prompts(50),
      folder: path('run'),
      options: { watermark: true },
    })
    expect(await errorOf(run)).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(server.requestsTo(chatRoute)).toEqual([])
  })

  it('a server that fails for every row: no row is blamed', async () => {
    const path = await scratch()
    let isBroken = true
    const server = await startEcho((prompt) => (isBroken && prompt !== 'p0' ? detail(500, 'Engine died.') : undefined))
    const options = {
      llm: modelOn(server),
      source: prompts(100),
      sink: path('out.jsonl'),
      maxRetries: 1,
      concurrency: 4,
    }
    expect(await errorOf(runFast(options))).toMatchObject({
      code: 'SERVER_ERROR',
      message: expect.stringContaining('Engine died'),
    })
    isBroken = false
    expect(await runFast(options)).toMatchObject({ counts: { ok: 100, failed: 0 } })
  })

  it('a server that is away for longer than the patience', async () => {
    const path = await scratch()
    const gate = createGate()
    const server = await startEcho((prompt) =>
      prompt === 'p1' ? [{ until: gate.passed }, { end: 'reset' }] : undefined,
    )
    const run = runFast({
      llm: modelOn(server),
      source: prompts(5),
      sink: path('out.jsonl'),
      concurrency: 1,
      patienceMs: 5000,
    })
    await server.received(chatRoute, 2)
    const closed = server.close()
    gate.open()
    await closed
    expect(await errorOf(run)).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('Nothing listens'),
    })
    expect(promptsOf(server)).toEqual(['p0', 'p1'])
  })
})

describe('budgets', () => {
  it.each([
    [{ maxTokensTotal: 100 }, 'max-tokens'],
    [{ maxCost: 0.0001, prices: { input: 1, output: 0.5 } }, 'max-cost'],
  ] as const)('%j', async (budget, end) => {
    const path = await scratch()
    const server = await startEcho()
    const options = { llm: modelOn(server), source: prompts(100), sink: path('out.jsonl'), concurrency: 2 }
    // 9 tokens in and 2 out a row: 10 rows reach either budget, and one more may be in flight.
    const first = await runFast({ ...options, ...budget })
    expect(first.end).toBe(end)
    expect(first.counts.ok).toBeGreaterThanOrEqual(10)
    expect(first.counts.ok).toBeLessThanOrEqual(12)
    expect(await runFast({ ...options, ...budget })).toMatchObject({ end, requestsNow: 0 })
    expect(await runFast(options)).toMatchObject({ end: 'finished', rows: 100, requestsNow: 100 - first.counts.ok })
    expect(await readFile(path('out.jsonl'), 'utf8')).toMatch(/^(.*\n){100}$/)
  })
})
