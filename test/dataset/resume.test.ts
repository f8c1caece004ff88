import { copyFile, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { generateDataset, jsonlSink, type Row, type Task, templateTask } from 'headrace'

import { detail } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { createGate } from '../support/scripted-model.js'
import { chatAnswer, chatRoute } from '../support/xinference-server.js'
import { modelOn, prompts, promptsOf, readLines, runFast, scratch, startEcho, writeLines } from './support.js'

/** A server that holds back all answers from the given prompt on until the gate opens. */
async function startGated(
  from: number,
): Promise<{ readonly server: Awaited<ReturnType<typeof startEcho>>; readonly open: () => void }> {
  const gate = createGate()
  const server = await startEcho((prompt) =>
    Number(prompt.slice(1)) >= from ? [{ until: gate.passed }, ...chatAnswer(`re: ${prompt}`)] : undefined,
  )
  return { server, open: gate.open }
}

describe('a run that was stopped', () => {
  it('goes on where it was, asks nothing twice, and its output is that of a run in one go', async () => {
    const path = await scratch()
    const { server, open } = await startGated(30)
    const llm = modelOn(server)
    const source = await writeLines(path('in.jsonl'), prompts(100))
    const options = { llm, source, sink: path('out.jsonl'), concurrency: 10 }
    const first = generateDataset(options)
    await server.received(chatRoute, 40)
    first.stop({ drainMs: 1 })
    expect(await first).toMatchObject({ end: 'stopped', rows: 40, counts: { ok: 30, cancelled: 10 } })
    expect((await readdir(path('.'))).includes('out.jsonl')).toBe(false)
    open()
    const second = await generateDataset(options)
    expect(second).toMatchObject({ end: 'finished', rows: 100, counts: { ok: 100, cancelled: 0 }, requestsNow: 70 })
    const asked = promptsOf(server)
    expect(new Set(asked).size).toBe(100)
    expect(asked).toHaveLength(110)
    await generateDataset({ ...options, sink: path('one-go.jsonl') })
    expect(await readFile(path('out.jsonl'), 'utf8')).toBe(await readFile(path('one-go.jsonl'), 'utf8'))
    expect((await readLines(path('out.jsonl'))).map(({ generation }) => generation)).toEqual(
      prompts(100).map(({ prompt }) => `re: ${prompt}`),
    )
  })

  it('lets what is in flight end', async () => {
    const path = await scratch()
    const { server, open } = await startGated(0)
    const run = generateDataset({ llm: modelOn(server), source: prompts(50), sink: path('out.jsonl'), concurrency: 5 })
    await server.received(chatRoute, 5)
    run.stop()
    open()
    expect(await run).toMatchObject({ end: 'stopped', rows: 5, counts: { ok: 5, cancelled: 0 } })
  })

  it('by a signal keeps what was answered', async () => {
    const path = await scratch()
    const { server, open } = await startGated(5)
    const llm = modelOn(server)
    const abort = new AbortController()
    const options = { llm, source: prompts(20), sink: path('out.jsonl'), concurrency: 5 }
    const run = generateDataset({ ...options, signal: abort.signal })
    await server.received(chatRoute, 10)
    abort.abort()
    expect(await errorOf(run)).toMatchObject({ code: 'ABORTED' })
    open()
    expect(await generateDataset(options)).toMatchObject({ rows: 20, requestsNow: 15 })
  })

  it('goes on after a row that was slow while the others went past it', async () => {
    const path = await scratch()
    const [slow, many] = [createGate(), createGate()]
    const server = await startEcho((prompt, _request, count) => {
      if (count === 1300) many.open()
      return prompt === 'p3' ? [{ until: slow.passed }, ...chatAnswer('slow')] : undefined
    })
    const llm = modelOn(server)
    const options = { llm, source: prompts(700), sink: path('out.jsonl'), numGenerations: 2, concurrency: 8 }
    const run = generateDataset(options)
    await many.passed
    run.stop({ drainMs: 1 })
    const { counts } = await run
    expect(counts.cancelled).toBeGreaterThanOrEqual(2)
    slow.open()
    expect(await generateDataset(options)).toMatchObject({ counts: { ok: 1400 }, requestsNow: 1400 - counts.ok })
    const rows = await readLines(path('out.jsonl'))
    expect(rows.map(({ id, sample }) => [id, sample])).toEqual(
      Array.from({ length: 1400 }, (_, index) => [Math.floor(index / 2), index % 2]),
    )
  })
})

describe('a run that has ended', () => {
  it('sends nothing when it is started again, also where the output is gone or another one', async () => {
    const path = await scratch()
    const server = await startEcho()
    const options = { llm: modelOn(server), source: prompts(10), folder: path('run') }
    await generateDataset({ ...options, sink: path('out.jsonl') })
    const before = await readFile(path('out.jsonl'), 'utf8')
    expect(await generateDataset({ ...options, sink: path('out.jsonl') })).toMatchObject({ rows: 10, requestsNow: 0 })
    await rm(path('out.jsonl'))
    await generateDataset({ ...options, sink: path('out.jsonl') })
    expect(await readFile(path('out.jsonl'), 'utf8')).toBe(before)
    await generateDataset({ ...options, sink: jsonlSink(path('raw.jsonl'), { keepRaw: true }) })
    expect(await readLines(path('raw.jsonl'))).toHaveLength(10)
    expect(server.requestsTo(chatRoute)).toHaveLength(10)
  })

  it('reads its answers again with a corrected task, without a request', async () => {
    const path = await scratch()
    const server = await startEcho((prompt) => chatAnswer(prompt === 'p1' ? 'twelve' : '12'))
    const llm = modelOn(server)
    const render: Task['render'] = (row: Row) => ({ input: [{ role: 'user', content: String(row['prompt']) }] })
    const strict: Task = {
      name: 'numbers',
      render,
      read({ text }) {
        if (!/^\d+$/.test(text)) throw new Error(`${text} is no number`)
        return { number: Number(text) }
      },
    }
    const options = { llm, source: prompts(3), sink: path('out.jsonl') }
    expect(await generateDataset({ ...options, task: strict })).toMatchObject({ counts: { ok: 2, invalid: 1 } })
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      { status: 'ok', number: 12 },
      { status: 'invalid', generation: null, error: 'twelve is no number [INVALID_OUTPUT]' },
      { status: 'ok', number: 12 },
    ])
    expect(await generateDataset({ ...options, task: strict })).toMatchObject({ counts: { ok: 2, invalid: 1 } })
    const lenient: Task = { name: 'numbers', render, read: ({ text }) => ({ number: text.length }) }
    expect(await generateDataset({ ...options, task: lenient })).toMatchObject({
      counts: { ok: 3, invalid: 0 },
      requestsNow: 0,
    })
    expect((await readLines(path('out.jsonl'))).map(({ number }) => number)).toEqual([2, 6, 2])
    expect(server.requestsTo(chatRoute)).toHaveLength(3)
  })

  it('goes further when its limit is raised', async () => {
    const path = await scratch()
    const server = await startEcho()
    const options = { llm: modelOn(server), source: prompts(50), sink: path('out.jsonl') }
    expect(await generateDataset({ ...options, limit: 5 })).toMatchObject({ end: 'finished', rows: 5 })
    expect(await readLines(path('out.jsonl'))).toHaveLength(5)
    expect(await generateDataset(options)).toMatchObject({ end: 'finished', rows: 50, requestsNow: 45 })
    expect((await readLines(path('out.jsonl'))).map(({ id }) => id)).toEqual(prompts(50).map(({ id }) => id))
  })

  it('draws the same sample again, and other rows by another seed', async () => {
    const path = await scratch()
    const server = await startEcho()
    const ids = async (name: string, seed: number): Promise<readonly unknown[]> => {
      const sink = path(`${name}.jsonl`)
      await generateDataset({ llm: modelOn(server), source: prompts(200), sink, sample: { rows: 20, seed } })
      return (await readLines(sink)).map(({ id }) => id)
    }
    const [one, same, other] = [await ids('one', 1), await ids('same', 1), await ids('other', 2)]
    expect(one).toEqual(same)
    expect(new Set(one).size).toBe(20)
    expect(one).toEqual((one as number[]).toSorted((a, b) => a - b))
    expect(other).not.toEqual(one)
  })

  it('asks the rows again that failed, when told so', async () => {
    const path = await scratch()
    let isBroken = true
    const server = await startEcho((prompt) => (isBroken && prompt === 'p2' ? detail(500, 'Engine died.') : undefined))
    const options = { llm: modelOn(server), source: prompts(5), sink: path('out.jsonl'), maxRetries: 1 }
    expect(await runFast(options)).toMatchObject({ counts: { ok: 4, failed: 1 } })
    isBroken = false
    expect(await runFast(options)).toMatchObject({ counts: { ok: 4, failed: 1 }, requestsNow: 0 })
    expect(await runFast({ ...options, retryFailed: true })).toMatchObject({
      rows: 5,
      counts: { ok: 5, failed: 0 },
      requestsNow: 1,
    })
    expect((await readLines(path('out.jsonl'))).map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  })

  it('asks rows again that failed before it was stopped, when they are in the output already', async () => {
    const path = await scratch()
    const gate = createGate()
    let isBroken = true
    const server = await startEcho((prompt) => {
      if (isBroken && prompt === 'p0') return detail(500, 'Engine died.')
      return prompt === 'p9' ? [{ until: gate.passed }, ...chatAnswer('re: p9')] : undefined
    })
    const options = {
      llm: modelOn(server),
      source: prompts(12),
      sink: path('out.jsonl'),
      maxRetries: 0,
      concurrency: 1,
    }
    const run = generateDataset(options)
    await server.received(chatRoute, 10)
    run.stop({ drainMs: 1 })
    expect(await run).toMatchObject({ counts: { ok: 8, failed: 1, cancelled: 1 } })
    expect(await readLines(path('out.jsonl.partial'))).toMatchObject([
      { id: 0, status: 'failed' },
      ...Array.from({ length: 8 }, () => ({ status: 'ok' })),
    ])
    isBroken = false
    gate.open()
    expect(await generateDataset({ ...options, retryFailed: true })).toMatchObject({
      rows: 12,
      counts: { ok: 12, failed: 0 },
    })
    expect((await readLines(path('out.jsonl'))).map(({ generation }) => generation)).toEqual(
      prompts(12).map(({ prompt }) => `re: ${prompt}`),
    )
  })
})

describe('a run that is not the same any more', () => {
  it.each([
    [
      'another template',
      { task: templateTask({ template: 'x {{ prompt }}' }) },
      /task\.config\.messages: .*is now.*x \{\{ prompt/,
    ],
    ['other options', { options: { temperature: 0 } }, /options\.temperature: nothing is now 0/],
    ['more answers', { numGenerations: 3 }, /numGenerations: 1 is now 3/],
    ['other rows', { source: prompts(4) }, /rows had 10 rows and has 4/],
  ])('%s: it says what changed, keeps everything, and --fork begins anew', async (_what, changes, message) => {
    const path = await scratch()
    const server = await startEcho()
    const task = templateTask({ template: '{{ prompt }}' })
    const options = { llm: modelOn(server), source: prompts(10), task, sink: path('out.jsonl') }
    await generateDataset(options)
    const before = await readFile(path('out.jsonl'), 'utf8')
    expect(await errorOf(generateDataset({ ...options, ...changes }))).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringMatching(message),
    })
    expect(await readFile(path('out.jsonl'), 'utf8')).toBe(before)
    const { requestsNow } = await generateDataset({ ...options, ...changes, fork: true })
    expect(requestsNow).toBeGreaterThan(0)
    expect(
      await generateDataset({ ...options, folder: path('out.jsonl.run.1'), sink: path('old.jsonl') }),
    ).toMatchObject({
      requestsNow: 0,
    })
    expect(await readFile(path('old.jsonl'), 'utf8')).toBe(before)
  })

  it('another model refuses, the same model at another address does not', async () => {
    const path = await scratch()
    const [here, there] = [await startEcho(), await startEcho()]
    const options = { source: prompts(3), sink: path('out.jsonl') }
    await generateDataset({ ...options, llm: modelOn(here), limit: 2 })
    const other = modelOn(here, { temperature: 0.1 })
    expect(await errorOf(generateDataset({ ...options, llm: other }))).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringMatching(/model\.temperature: \S+ is now 0\.1/),
    })
    expect(await generateDataset({ ...options, llm: modelOn(there) })).toMatchObject({ rows: 3, requestsNow: 1 })
  })

  it('an input that was only touched is the same, one whose bytes changed is not', async () => {
    const path = await scratch()
    const { server } = await startGated(3)
    const wide = Array.from({ length: 8 }, (_, id) => ({ id, pad: 'x'.repeat(1_000_000), prompt: `p${id}` }))
    const source = await writeLines(path('in.jsonl'), wide)
    const options = { llm: modelOn(server), source, sink: path('out.jsonl'), concurrency: 2 }
    const run = generateDataset(options)
    await server.received(chatRoute, 5)
    run.stop({ drainMs: 1 })
    expect(await run).toMatchObject({ counts: { ok: 3 } })
    await utimes(source, 1, 1)
    const again = generateDataset(options)
    await server.received(chatRoute, 7)
    again.stop({ drainMs: 1 })
    expect(await again).toMatchObject({ counts: { ok: 3 } })
    // The same size and the same time: only the bytes tell.
    await copyFile(source, path('copy.jsonl'))
    const text = (await readFile(source, 'utf8')).replace('x","prompt":"p2"', 'y","prompt":"p2"')
    await writeFile(source, text)
    await utimes(source, 1, 1)
    expect(await errorOf(runFast(options))).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringMatching(/in\.jsonl is another one between byte 0 and byte 4194304/),
    })
    await writeFile(source, `${text}{"prompt":"more"}\n`)
    expect(await errorOf(generateDataset(options))).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringMatching(/had \d+ bytes and has \d+/),
    })
  })
})

describe('what a run does not touch', () => {
  it('an output that exists and is not its own', async () => {
    const path = await scratch()
    const server = await startEcho()
    await writeFile(path('out.jsonl'), 'precious')
    const options = { llm: modelOn(server), source: prompts(2), sink: path('out.jsonl') }
    expect(await errorOf(generateDataset(options))).toMatchObject({ code: 'OUTPUT_EXISTS' })
    expect(await readFile(path('out.jsonl'), 'utf8')).toBe('precious')
    expect(await errorOf(stat(path('out.jsonl.run')))).toMatchObject({ code: 'ENOENT' })
    expect(server.requests).toEqual([])
  })

  it('a run that somebody else works on', async () => {
    const path = await scratch()
    const { server, open } = await startGated(0)
    const options = { llm: modelOn(server), source: prompts(2), folder: path('run') }
    const first = generateDataset(options)
    await server.received(chatRoute, 2)
    expect(await errorOf(generateDataset(options))).toMatchObject({
      code: 'RUN_LOCKED',
      message: expect.stringContaining(path('run')),
    })
    open()
    expect(await first).toMatchObject({ counts: { ok: 2 } })
    expect(await generateDataset(options)).toMatchObject({ requestsNow: 0 })
  })

  it('what it was asked for binds nobody while no row is stored', async () => {
    const path = await scratch()
    const server = await startEcho(() => detail(401, 'Bad key.'))
    const options = { llm: modelOn(server), source: prompts(2), sink: path('out.jsonl') }
    expect(await errorOf(generateDataset(options))).toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(await readdir(path('.'))).toEqual([])
  })
})
