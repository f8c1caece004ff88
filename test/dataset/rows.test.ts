import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { batchTask, columnsTask, generateDataset, jsonlSink, jsonlSource, templateTask } from 'headrace'

import { createGate } from '../support/scripted-model.js'
import { chatAnswer, chatRoute, completionRoute } from '../support/xinference-server.js'
import { json } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { modelOn, prompts, promptsOf, readLines, scratch, startEcho, sumOf, writeLines } from './support.js'

describe('rows', () => {
  it('come out in the order of the input, with its columns as they were', async () => {
    const path = await scratch()
    const gate = createGate()
    const server = await startEcho((prompt) =>
      prompt === 'a' ? [{ until: gate.passed }, ...chatAnswer('first')] : undefined,
    )
    const source = await writeLines(path('in.jsonl'), [
      '\ufeff{"prompt": "a", "id": 12345678901234567890}\r',
      '',
      '  ',
      '{ "prompt": "b", "note": "\\ud800 ü" }',
    ])
    await appendFile(source, '{"prompt":"c"}')
    const run = generateDataset({ llm: modelOn(server), source, sink: path('out.jsonl') })
    await server.received(chatRoute, 3)
    gate.open()
    expect(await run).toMatchObject({
      end: 'finished',
      rows: 3,
      counts: { ok: 3 },
      requests: 3,
      folder: path('out.jsonl.run'),
    })
    const text = await readFile(path('out.jsonl'), 'utf8')
    const columns = (generation: string): string =>
      `"generation":"${generation}","model_name":"my-qwen","finish_reason":"stop","input_tokens":9,"output_tokens":2,"status":"ok","error":null}\n`
    expect(text).toBe(
      `{"prompt": "a", "id": 12345678901234567890,${columns('first')}{ "prompt": "b", "note": "\\ud800 ü",${columns('re: b')}{"prompt":"c",${columns('re: c')}`,
    )
  })

  it('are answered several times, one row each or in lists', async () => {
    const path = await scratch()
    const server = await startEcho()
    const llm = modelOn(server)
    const options = { llm, source: prompts(2), numGenerations: 2, options: { seed: 5 }, folder: path('run') }
    await generateDataset({ ...options, sink: path('rows.jsonl') })
    const seeds = server.bodiesTo(chatRoute).map((body) => body['seed'])
    expect(new Set(seeds).size).toBe(2)
    expect((await readLines(path('rows.jsonl'))).map(({ id, sample }) => [id, sample])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
    await generateDataset({ ...options, sink: jsonlSink(path('lists.jsonl'), { group: true }) })
    expect(await readLines(path('lists.jsonl'))).toMatchObject([
      { id: 0, generation: ['re: p0', 're: p0'], status: ['ok', 'ok'] },
      { id: 1, generation: ['re: p1', 're: p1'], error: [null, null] },
    ])
    expect(server.requestsTo(chatRoute)).toHaveLength(4)
  })

  it('keep a column whose name an answer has, and bring what was asked', async () => {
    const path = await scratch()
    const server = await startEcho()
    await generateDataset({
      llm: modelOn(server),
      source: await writeLines(path('in.jsonl'), [{ prompt: 'a', status: 'old', system_prompt: 'Be brief.' }]),
      sink: jsonlSink(path('out.jsonl'), { keepRaw: true }),
    })
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      {
        prompt: 'a',
        input_status: 'old',
        status: 'ok',
        raw_input: {
          input: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'a' },
          ],
        },
        raw_output: { text: 're: a', finishReason: { unified: 'stop', raw: 'stop' } },
      },
    ])
  })

  it('can be iterated over as they finish, and a reader that leaves ends nothing', async () => {
    const path = await scratch()
    const server = await startEcho()
    const run = generateDataset({ llm: modelOn(server), source: prompts(600), folder: path('run') })
    const seen: number[] = []
    for await (const row of run) {
      seen.push(row.index)
      expect(row).toMatchObject({ sample: 0, status: 'ok', input: { id: row.index } })
      if (row.index === 300) break
    }
    expect(seen).toEqual(Array.from({ length: 301 }, (_, index) => index))
    expect(await run).toMatchObject({ rows: 600, counts: { ok: 600 } })
  })

  it('iterating tells a failure', async () => {
    const path = await scratch()
    const server = await startEcho()
    const run = generateDataset({ llm: modelOn(server), source: path('nowhere.jsonl'), folder: path('run') })
    const rows = async (): Promise<void> => {
      for await (const _row of run) throw new Error('There is no row.')
    }
    expect(await errorOf(rows())).toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

describe('rows that are wrong end as such and disturb no other', () => {
  const long = 'x'.repeat(200_000)

  it('in a file', async () => {
    const path = await scratch()
    const server = await startEcho()
    const source = path('in.jsonl')
    await writeLines(source, ['{"prompt": "good"}', 'no json', '[1]', '{"text": "a"}', '{"prompt": 3}'])
    await appendFile(source, Buffer.from([0x7b, 0xff, 0x7d, 0x0a]))
    await appendFile(source, `{"prompt":"nul \\u0000 and \\ud800 alone"}\n{"prompt":"${long}"}\n`)
    await appendFile(source, '{"messages":[{"role":"elf","content":"x"}]}\n{"messages":[]}\n{"prompt":"last"}\n')
    const summary = await generateDataset({ llm: modelOn(server), source, sink: path('out.jsonl') })
    expect(summary).toMatchObject({ end: 'finished', rows: 11, counts: { ok: 4, invalid: 7 } })
    expect(sumOf(summary)).toBe(summary.rows)
    const rows = await readLines(path('out.jsonl'))
    expect(rows.map(({ status, error }) => error ?? status)).toEqual([
      'ok',
      expect.stringMatching(/^in\.jsonl:2: The line is not JSON: .* \[INVALID_ROW\]$/),
      expect.stringMatching(/^in\.jsonl:3: The line holds an array; it must be an object/),
      'in.jsonl:4: The row has none of the columns "messages", "prompt", "instruction"; it has "text". [INVALID_ROW]',
      expect.stringMatching(/^in\.jsonl:5: The column "prompt" must be text/),
      expect.stringMatching(/^in\.jsonl:6: The line is not UTF-8 text/),
      'ok',
      'ok',
      expect.stringMatching(/^in\.jsonl:9: Message 0 of "messages" has the role "elf"/),
      expect.stringMatching(/^in\.jsonl:10: The column "messages" must be an array of at least one message/),
      'ok',
    ])
    expect(rows[3]).toMatchObject({ text: 'a', generation: null, input_tokens: null })
    expect(promptsOf(server)).toContain(long)
  })

  it.each([
    [0, ''],
    [1, '{"prompt":"a"}\n'],
  ])('%i rows', async (rows, text) => {
    const path = await scratch()
    const server = await startEcho()
    await writeFile(path('in.jsonl'), text)
    const options = { llm: modelOn(server), source: path('in.jsonl'), sink: path('out.jsonl') }
    expect(await generateDataset(options)).toMatchObject({ end: 'finished', rows })
    expect(await generateDataset(options)).toMatchObject({ end: 'finished', rows, requestsNow: 0 })
    expect(await readLines(path('out.jsonl'))).toHaveLength(rows)
  })

  it.each([
    ['a missing column', '{{ topic }} {{ text }}', { text: 'a' }, 'no column "topic"; it has "text".'],
    ['a column that is not what a filter takes', '{{ text | upper }}', { text: {} }, 'The template fails on the row'],
    ['a column inside a loop', '{% for word in words %}{{ word }}{% endfor %}', { text: 'a' }, 'no column "words"'],
  ])('%s of a template', async (_what, template, row, reason) => {
    const path = await scratch()
    const server = await startEcho()
    await generateDataset({
      llm: modelOn(server),
      source: [row],
      task: templateTask({ template }),
      sink: path('out.jsonl'),
    })
    const [only] = await readLines(path('out.jsonl'))
    expect(only).toMatchObject({ status: 'invalid', error: expect.stringContaining(reason) })
    expect(server.requestsTo(chatRoute)).toEqual([])
  })
})

describe('tasks', () => {
  it.each([
    ['plain columns', 'Say {{ a }} and {{ b }}.', { a: 'x', b: 'y' }, 'Say x and y.'],
    ['what is not text', '{{ a }} {{ b[0] }} {{ c.d }}', { a: 3, b: [true], c: { d: 'e' } }, '3 true e'],
    ['a column that may be missing', '{{ a | default("none") }}{% if b is defined %}{{ b }}{% endif %}', {}, 'none'],
    [
      'what the template sets',
      '{% set x = a + "!" %}{{ x }}{% for i in range(2) %}{{ i }}{{ loop.last }}{% endfor %}',
      { a: 'h' },
      'h!0false1true',
    ],
  ])('templates: %s', async (_what, template, row, expected) => {
    const path = await scratch()
    const server = await startEcho()
    await generateDataset({
      llm: modelOn(server),
      source: [row],
      task: templateTask({ template }),
      folder: path('run'),
    })
    expect(promptsOf(server)).toEqual([expected])
  })

  it('templates of a whole conversation, and raw prompts', async () => {
    const path = await scratch()
    const server = await startEcho()
    const llm = modelOn(server)
    const messages = [
      { role: 'system', content: 'Speak {{ language }}.' },
      { role: 'user', content: '{{ text }}' },
    ] as const
    const source = [{ language: 'Dutch', text: 'Hello' }]
    await generateDataset({ llm, source, task: templateTask({ messages }), folder: path('a') })
    expect(server.bodiesTo(chatRoute)[0]?.['messages']).toEqual([
      { role: 'system', content: 'Speak Dutch.' },
      { role: 'user', content: 'Hello' },
    ])
    const raw = templateTask({ template: 'In {{ language }}, ', raw: true })
    await generateDataset({ llm, source, task: raw, folder: path('b'), options: { wireMode: 'stream' } })
    await generateDataset({
      llm,
      source: [{ instruction: 'Once' }],
      task: columnsTask({ raw: true }),
      folder: path('c'),
      options: { wireMode: 'stream' },
    })
    expect(server.bodiesTo(completionRoute).map(({ prompt }) => prompt)).toEqual(['In Dutch, ', 'Once'])
  })

  it('a template that is not valid ends the run before it begins', async () => {
    const path = await scratch()
    const server = await startEcho()
    const task = templateTask({ template: '{{ a' })
    const run = generateDataset({ llm: modelOn(server), source: prompts(1), task, sink: path('out.jsonl') })
    expect(await errorOf(run)).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('template') })
  })

  it('structured output of a row', async () => {
    const path = await scratch()
    const server = await startEcho((prompt) => chatAnswer(prompt === 'p0' ? '{"n": 1}' : '{"n": "one"}'))
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    const structuredOutput = { format: 'json', schema } as const
    await generateDataset({
      llm: modelOn(server),
      source: prompts(2),
      sink: path('out.jsonl'),
      options: { structuredOutput },
    })
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      { status: 'ok', generation: '{"n": 1}' },
      { status: 'invalid', generation: null, error: expect.stringContaining('[INVALID_OUTPUT]') },
    ])
  })

  it('an OpenAI batch file, in and out', async () => {
    const path = await scratch()
    const server = await startEcho((prompt) => (prompt === 'bad' ? json(400, { detail: 'Too odd.' }) : undefined))
    const request = (id: string, content: string): object => ({
      custom_id: id,
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: 'gpt',
        messages: [
          { role: 'developer', content: 'D' },
          { role: 'user', content },
        ],
        max_tokens: 7,
        temperature: 0,
      },
    })
    await generateDataset({
      llm: modelOn(server),
      source: await writeLines(path('in.jsonl'), [
        request('a', 'good'),
        request('b', 'bad'),
        { custom_id: 'c', url: '/v1/embeddings', body: {} },
      ]),
      task: batchTask(),
      sink: jsonlSink(path('out.jsonl'), { format: 'batch' }),
    })
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({ model: 'my-qwen', max_tokens: 7, temperature: 0 })
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      {
        custom_id: 'a',
        error: null,
        response: {
          status_code: 200,
          body: {
            object: 'chat.completion',
            model: 'my-qwen',
            choices: [{ index: 0, message: { role: 'assistant', content: 're: good' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
          },
        },
      },
      {
        custom_id: 'b',
        response: null,
        error: { code: 'INVALID_REQUEST', message: expect.stringContaining('Too odd') },
      },
      {
        custom_id: 'c',
        response: null,
        error: { code: 'INVALID_ROW', message: expect.stringContaining('/v1/embeddings') },
      },
    ])
  })
})

describe('inputs', () => {
  it('several files, one of them gzip, one by a pattern', async () => {
    const path = await scratch()
    const server = await startEcho()
    await mkdir(path('parts'))
    await writeFile(path('parts/b.jsonl.gz'), gzipSync('{"prompt":"b"}\n{"prompt":"c"}\n'))
    await writeFile(path('parts/a.jsonl'), '{"prompt":"a"}')
    await writeFile(path('parts/other.txt'), 'x')
    await writeFile(path('last.jsonl'), '{"prompt":"d"}\n')
    const source = jsonlSource([path('parts/*.jsonl*'), path('last.jsonl')])
    await generateDataset({ llm: modelOn(server), source, sink: path('out.jsonl.gz') })
    const again = jsonlSource(path('out.jsonl.gz'))
    const seen: unknown[] = []
    for await (const page of again.read()) seen.push(...page.map(({ columns }) => columns['prompt']))
    expect(seen).toEqual(['a', 'b', 'c', 'd'])
  })

  it('bytes and iterables that can be read once', async () => {
    const path = await scratch()
    const server = await startEcho()
    const llm = modelOn(server)
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"prompt":"a"}\n{"pro')
      yield Buffer.from('mpt":"b"}\n')
    }
    function* rows(): Generator<{ readonly prompt: string }> {
      yield { prompt: 'c' }
    }
    await generateDataset({ llm, source: { bytes: bytes() }, folder: path('a') })
    await generateDataset({ llm, source: rows(), folder: path('b') })
    expect(promptsOf(server)).toEqual(['a', 'b', 'c'])
    expect(await generateDataset({ llm, source: { bytes: bytes() }, folder: path('a') })).toMatchObject({
      requestsNow: 0,
    })
    expect(await errorOf(generateDataset({ llm, source: rows(), folder: path('a') }))).toMatchObject({
      code: 'RUN_CHANGED',
      message: expect.stringContaining('The input is another one'),
    })
  })

  it.each([
    ['no file', 'nowhere.jsonl', /nowhere\.jsonl cannot be read \(there is no such file\)/],
    ['a folder without data', 'empty', /empty is a folder/],
    ['no match', '*.csv', /No file matches .*\*\.csv/],
    ['a JSON array', 'array.json', /array\.json begins with a JSON array: write one object a line/],
  ])('%s is a sentence, and nothing is left behind', async (_what, name, message) => {
    const path = await scratch()
    const server = await startEcho()
    await mkdir(path('empty'))
    await writeFile(path('array.json'), '[{"prompt":"a"}]')
    const run = generateDataset({ llm: modelOn(server), source: path(name), sink: path('out/x.jsonl') })
    expect(await errorOf(run)).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringMatching(message) })
    expect(await errorOf(readFile(path('out/x.jsonl.run/manifest.json')))).toMatchObject({ code: 'ENOENT' })
  })
})

describe('options that cannot be right', () => {
  it.each([
    [{ concurrency: 0 }, /concurrency must be at least 1/],
    [{ maxCost: 3 }, /maxCost needs prices/],
    [{ options: { temperature: 3 } }, /temperature must be at most 2/],
    [{ numGeneration: 2 }, /no option "numGeneration"; did you mean "numGenerations"/],
    [{ folder: undefined }, /needs a folder/],
    [{ source: 3 }, /source must be rows, a source or the path/],
  ])('%j', async (options, message) => {
    const path = await scratch()
    const server = await startEcho()
    const given = { llm: modelOn(server), source: prompts(1), folder: path('run'), ...options }
    expect(await errorOf(generateDataset(given as never))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    })
    expect(server.requests).toEqual([])
  })
})
