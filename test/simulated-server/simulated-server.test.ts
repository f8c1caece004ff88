import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'

import type { SimulatedServerOptions } from '../../bench/simulated-server/server-options.js'
import { SimulatedServer } from '../../bench/simulated-server/simulated-server.js'
import type { SimulatedTime } from '../../bench/simulated-server/simulated-time.js'
import { InferenceEndpointsLLM } from '../../src/index.js'
import { ManualRuntime } from '../support/manual-runtime.js'

/** Steps of 20 simulated milliseconds, and answers that last as long as a test wants. */
const fast = { timeScale: 20, stepMs: 20, stepMsPerSequence: 0, stepMsPerPromptToken: 0 }

async function start(options: SimulatedServerOptions = {}): Promise<SimulatedServer> {
  const server = await SimulatedServer.start({ ...fast, ...options })
  onTestFinished(() => server.close())
  return server
}

/** A server whose time passes when a test says so. */
async function startManually(
  options: SimulatedServerOptions = {},
): Promise<{ server: SimulatedServer; time: ManualTime }> {
  const time = new ManualTime()
  const server = await SimulatedServer.start({ ...fast, ...options }, time)
  onTestFinished(() => server.close())
  return { server, time }
}

class ManualTime extends ManualRuntime implements SimulatedTime {
  readonly timeScale = 1
  readonly lostMs = 0

  start(): void {
    // It passes when it is told to.
  }

  note(): void {
    // Nor does it wait for anything.
  }
}

function ask(server: SimulatedServer, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'simulated/model', messages: [{ role: 'user', content: 'Hello' }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  })
}

const long = { max_tokens: 8000, ignore_eos: true }

function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name}\\{[^}]*\\} (.*)$`, 'm').exec(metrics)?.[1])
}

async function metricsOf(server: SimulatedServer): Promise<string> {
  return (await fetch(`${server.url}/metrics`)).text()
}

/** Waits, by asking, for what the server's books say. */
async function until(server: SimulatedServer, isSo: (report: ReturnType<SimulatedServer['report']>) => boolean) {
  while (!isSo(server.report())) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** How a new connection fares. */
async function knock(server: SimulatedServer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('connect', () => socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n'))
    socket.on('data', () => socket.destroy())
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.on('close', () => resolve('closed'))
  })
}

describe('SimulatedServer', () => {
  it('is taken for vLLM, and answers the same to the same prompt, whole and streamed', async () => {
    const server = await start({ meanTokens: 40 })
    const llm = await new InferenceEndpointsLLM({ baseUrl: server.url, generationKwargs: { maxTokens: 4000 } }).load()
    onTestFinished(() => llm.unload())
    expect(llm.server).toMatchObject({ engine: 'vllm', version: '0.12.0' })
    expect(llm.metadata.contextWindow).toBe(8192)
    const [whole, streamed, other] = await Promise.all([
      llm.generateOne('Hello', { wireMode: 'json' }),
      llm.generateOne('Hello', { wireMode: 'stream' }),
      llm.generateOne('Good bye', { wireMode: 'stream' }),
    ])
    for (const result of [whole, streamed, other]) expect(result.outcome).toBe('ok')
    expect(streamed.text).toBe(whole.text)
    expect(streamed.usage).toEqual(whole.usage)
    expect(other.text).not.toBe(whole.text)
    expect(whole.text?.trim().split(' ')).toHaveLength(whole.usage.outputTokens ?? 0)
    const { totals } = server.report()
    const sum = (name: 'inputTokens' | 'outputTokens'): number =>
      [whole, streamed, other].reduce((tokens, { usage }) => tokens + (usage[name] ?? 0), 0)
    expect(totals).toMatchObject({
      finished: 3,
      promptTokens: sum('inputTokens'),
      generatedTokens: sum('outputTokens'),
      wastedGeneratedTokens: 0,
    })
  })

  it('ends at max_tokens, and says so', async () => {
    const server = await start()
    const body = (await (await ask(server, { max_tokens: 7, ignore_eos: true })).json()) as Record<string, unknown>
    expect(body).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      usage: { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 },
    })
  })

  it.each([false, true])('leaves a stop string out, and ends with it (streamed: %o)', async (stream) => {
    const server = await start()
    const said = async (stop?: readonly string[]) => {
      const response = await ask(server, { stream, stop, stream_options: { include_usage: true } })
      const chunks = stream
        ? (await response.text()).split('\n\n').filter((event) => event.startsWith('data: {'))
        : [`data: ${await response.text()}`]
      type Chunk = {
        choices: { delta?: { content?: string }; message?: { content: string } }[]
        usage?: { completion_tokens: number }
      }
      const parsed = chunks.map((event) => JSON.parse(event.slice(6)) as Chunk)
      const text = parsed
        .map(({ choices: [choice] }) => choice?.delta?.content ?? choice?.message?.content ?? '')
        .join('')
      return { text, tokens: parsed.at(-1)?.usage?.completion_tokens }
    }
    const whole = await said()
    const words = whole.text.split(' ')
    const stop = `${words[3]} ${words[4]?.slice(0, 1)}`
    const cut = await said(['never', stop])
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)))
    expect(cut.tokens).toBe(whole.text.slice(0, whole.text.indexOf(stop) + stop.length).split(' ').length)
  })

  it('gives each seed an answer of its own', async () => {
    const server = await start({ meanTokens: 40 })
    const lengths = await Promise.all(
      Array.from({ length: 8 }, async (_, seed) => {
        const body = (await (await ask(server, { seed })).json()) as { usage: { completion_tokens: number } }
        return body.usage.completion_tokens
      }),
    )
    expect(new Set(lengths).size).toBeGreaterThan(4)
  })

  it('puts the usage into every event when asked', async () => {
    const server = await start()
    const options = { include_usage: true, continuous_usage_stats: true }
    const text = await (
      await ask(server, { stream: true, stream_options: options, max_tokens: 5, ignore_eos: true })
    ).text()
    const events = text.split('\n\n').filter((event) => event.startsWith('data: {'))
    expect(events.length).toBeGreaterThan(2)
    for (const event of events) expect(JSON.parse(event.slice(6))).toHaveProperty('usage')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('shows its queue by the names of vLLM, unless told not to', async () => {
    const { server, time } = await startManually({ maxNumSeqs: 2 })
    const leaving = new AbortController()
    const asked = [1, 2, 3, 4, 5].map(() => ask(server, long, leaving.signal))
    await until(server, ({ totals }) => totals.requests === 5)
    time.advance(100)
    const metrics = await metricsOf(server)
    expect(gauge(metrics, 'vllm:num_requests_running')).toBe(2)
    expect(gauge(metrics, 'vllm:num_requests_waiting')).toBe(3)
    expect(gauge(metrics, 'vllm:prompt_tokens_total')).toBe(18)
    expect(gauge(metrics, 'vllm:generation_tokens_total')).toBe(9)
    expect(gauge(metrics, 'vllm:kv_cache_usage_perc')).toBeGreaterThan(0)
    expect(gauge(metrics, 'vllm:gpu_cache_usage_perc')).toBe(gauge(metrics, 'vllm:kv_cache_usage_perc'))
    leaving.abort()
    await Promise.allSettled(asked)
    await until(server, ({ totals }) => totals.aborted === 5)
    const quiet = await start({ hasMetrics: false })
    expect((await fetch(`${quiet.url}/metrics`)).status).toBe(404)
  })

  it.each([{ stream: true }, { stream: false }])(
    'stops for a client that has left, and books what that cost: %o',
    async ({ stream }) => {
      const { server, time } = await startManually()
      const leaving = new AbortController()
      const asked = ask(server, { ...long, stream }, leaving.signal)
      await until(server, ({ running }) => running === 1)
      time.advance(200)
      leaving.abort()
      await Promise.allSettled([asked])
      await until(server, ({ totals }) => totals.aborted === 1)
      time.advance(200)
      expect(server.report()).toMatchObject({
        running: 0,
        totals: { promptTokens: 9, wastedPromptTokens: 9, generatedTokens: 10, wastedGeneratedTokens: 10 },
      })
    },
  )

  it.each([undefined, 429] as const)('refuses while its queue is full (%o)', async (rejectStatus) => {
    const { server } = await startManually({ maxNumSeqs: 1, maxQueued: 1, rejectStatus })
    const leaving = new AbortController()
    const asked = [1, 2].map(() => ask(server, long, leaving.signal))
    await until(server, ({ waiting }) => waiting === 1)
    const response = await ask(server, {})
    expect(response.status).toBe(rejectStatus ?? 503)
    expect(await response.json()).toMatchObject({ error: { message: 'The request queue is full' } })
    expect(server.report().totals.rejected).toBe(1)
    leaving.abort()
    await Promise.allSettled(asked)
  })

  it.each([
    [{ model: 'other' }, 404],
    [{ messages: [] }, 400],
    [{ max_tokens: 9000 }, 400],
    [{ tools: [{}] }, 400],
    [{ n: 2 }, 400],
  ])('refuses %o with %i', async (body, status) => {
    const server = await start()
    const response = await ask(server, body)
    expect(response.status).toBe(status)
    expect(await response.json()).toHaveProperty('error.message')
  })

  it('changes its capacity when told, and when its script says', async () => {
    const { server, time } = await startManually({ maxNumSeqs: 30, changes: [{ atMs: 500, speed: 2 }] })
    const response = await fetch(`${server.url}/simulation`, { method: 'POST', body: '{"capacity":3}' })
    expect(await response.json()).toMatchObject({ capacity: 3, slots: 90, speed: 1 })
    time.advance(499)
    expect(server.report()).toMatchObject({ capacity: 3, speed: 1 })
    time.advance(1)
    expect(server.report()).toMatchObject({ capacity: 3, speed: 2 })
    const wrong = await fetch(`${server.url}/simulation`, { method: 'POST', body: '{"capacity":-1}' })
    expect(wrong.status).toBe(400)
  })

  it('dies and comes back: what ran is lost, and its counters begin anew', async () => {
    const { server, time } = await startManually()
    const asked = ask(server, long)
    await until(server, ({ running }) => running === 1)
    time.advance(200)
    server.change({ state: 'resetting' })
    await expect(asked).rejects.toThrow()
    expect(await knock(server)).toBe('ECONNRESET')
    expect(server.report().totals).toMatchObject({ lost: 1, generatedTokens: 10, wastedGeneratedTokens: 10 })
    server.change({ state: 'gone' })
    expect(await knock(server)).toBe('ECONNREFUSED')
    server.change({ state: 'starting' })
    while ((await knock(server)) === 'ECONNREFUSED') {}
    expect((await ask(server, {})).status).toBe(503)
    server.change({ state: 'up' })
    const again = ask(server, { max_tokens: 5, ignore_eos: true })
    await until(server, ({ running }) => running === 1)
    time.advance(200)
    expect((await again).status).toBe(200)
    expect(gauge(await metricsOf(server), 'vllm:generation_tokens_total')).toBe(5)
    expect(server.report().totals.generatedTokens).toBe(15)
  })

  it('answers whoever sends it away, and comes back when that says', async () => {
    const { server, time } = await startManually()
    const changes = [{ state: 'gone' }, { afterMs: 1000, state: 'up' }]
    const response = await fetch(`${server.url}/simulation`, { method: 'POST', body: JSON.stringify(changes) })
    expect(await response.json()).toMatchObject({ state: 'gone' })
    time.advance(999)
    expect(await knock(server)).toBe('ECONNREFUSED')
    time.advance(1)
    while ((await knock(server)) === 'ECONNREFUSED') {}
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  it('books windows of its time: rates, shares of the best, waits', async () => {
    const { server, time } = await startManually({ maxNumSeqs: 4, windowMs: 500 })
    const asked = Array.from({ length: 16 }, () => ask(server, { max_tokens: 50, ignore_eos: true }))
    await until(server, ({ totals }) => totals.requests === 16)
    time.advance(5000)
    for (const response of await Promise.all(asked)) expect(response.status).toBe(200)
    const answer = await fetch(`${server.url}/simulation?from=500&to=3500`)
    const report = (await answer.json()) as ReturnType<SimulatedServer['report']>
    // Four batches of 50 steps of 20 ms, four tokens in each.
    expect(report.bestTokensPerSecond).toBe(200)
    expect(report.span).toMatchObject({ fromMs: 500, toMs: 3500 })
    expect(report.span.share).toBeGreaterThan(0.97)
    expect(report.span.share).toBeLessThan(1.03)
    expect(report.windows[2]).toMatchObject({ fromMs: 1000, toMs: 1500, running: 4 })
    expect(report.span.medianQueueWaitMs).toBeGreaterThan(1900)
    expect(report.span.medianQueueWaitMs).toBeLessThan(2200)
  })
})
