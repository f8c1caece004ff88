/** Magpie's rows: which candidates are kept, what becomes of the others, and that timing changes nothing. */
import { readdir, readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import {
  candidates,
  generateDataset,
  type GenerateDatasetOptions,
  InferenceEndpointsLLM,
  magpieTask,
  type MagpieTaskOptions,
  type RunSummary,
} from 'headrace'
import { LlamaCpp } from 'headrace/llama-cpp'

import { demoModelPath } from '../../examples/support/demo-server.js'
import { inspectRun } from '../../src/dataset/inspect-run.js'
import { json } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { createGate } from '../support/scripted-model.js'
import { ScriptedServer } from '../support/scripted-server.js'
import { demoFolder } from '../support/tokenizer-files.js'
import { chatAnswer, chatRoute, completionRoute, listedModel, startXinference } from '../support/xinference-server.js'
import { startTalker, type Talk, talkerOn, turnsOf } from './magpie-support.js'
import { modelOn, readLines, runFast, scratch, writeLines } from './support.js'

const tokenizerId = demoFolder

/** A user of few ideas: some are empty, some cut off, many are the same. What it says depends on the seed alone. */
const dull: Talk = ({ isUser, seed = 0, prompt }) => {
  if (!isUser) return ` It is ${prompt.length}.\n`
  if (seed % 7 === 0) return ' \n'
  if (seed % 11 === 0) return { cut: 'What is the' }
  return `What is ${seed % 90}?`
}

interface Made {
  readonly summary: RunSummary
  readonly text: string
}

async function make(options: Omit<GenerateDatasetOptions, 'source'>, task: MagpieTaskOptions): Promise<Made> {
  const summary = await generateDataset({ ...options, source: candidates(), task: magpieTask(task) })
  return { summary, text: await readFile(options.sink as string, 'utf8') }
}

const columnsOf = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('numRows', () => {
  it('gives exactly so many rows, the same ones however many requests are in flight', async () => {
    const path = await scratch()
    const server = await startTalker(dull)
    const llm = talkerOn(server, { tokenizerId })
    const one = await make({ llm, sink: path('one.jsonl'), concurrency: 1 }, { numRows: 40, seed: 3 })
    const before = turnsOf(server).length
    const many = await make({ llm, sink: path('many.jsonl'), concurrency: 32 }, { numRows: 40, seed: 3 })
    expect(many.text).toBe(one.text)
    const rows = columnsOf(one.text)
    expect(rows).toHaveLength(40)
    expect(new Set(rows.map(({ instruction }) => instruction)).size).toBe(40)
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'instruction',
      'response',
      'model_name',
      'finish_reason',
      'input_tokens',
      'output_tokens',
      'status',
      'error',
    ])
    expect(rows[0]).toMatchObject({ response: expect.stringMatching(/^It is \d+\.$/), status: 'ok', error: null })
    const { selection } = one.summary
    const { empty = 0, cut = 0, repeated = 0, ...others } = selection?.rejected ?? {}
    expect(others).toEqual({})
    expect([empty > 0, cut > 0, repeated > 0]).toEqual([true, true, true])
    expect(selection).toMatchObject({ rows: 40, candidates: 40 + empty + cut + repeated, cut: 0 })
    expect(one.summary).toMatchObject({ end: 'finished', rows: 40, counts: { ok: 40, invalid: 0, cancelled: 0 } })
    expect(many.summary.selection).toEqual(selection)
    // One after another, hardly a candidate is asked that is not needed.
    expect(before).toBeLessThanOrEqual(2 * (selection?.candidates ?? 0) + 2)
    expect(await inspectRun(path('one.jsonl.run'))).toMatchObject({
      state: 'finished',
      done: 40,
      total: 40,
      counts: { ok: 40 },
      selection,
    })
  })

  it('can grow, and shrink, without asking anything again', async () => {
    const path = await scratch()
    const server = await startTalker(dull)
    const options = { llm: talkerOn(server, { tokenizerId }), sink: path('out.jsonl') }
    const small = await make(options, { numRows: 10 })
    const large = await make(options, { numRows: 30 })
    expect(large.text.startsWith(small.text)).toBe(true)
    expect(columnsOf(large.text)).toHaveLength(30)
    expect(await make(options, { numRows: 10 })).toMatchObject({ text: small.text, summary: { requestsNow: 0 } })
    const seeds = turnsOf(server).map(({ seed }) => seed)
    expect(seeds).toHaveLength(new Set(seeds).size)
    expect(await make({ ...options, sink: path('b.jsonl') }, { numRows: 10, seed: 1 })).not.toMatchObject({
      text: small.text,
    })
  })

  it('goes on after an interruption, with the output of one that was not interrupted', async () => {
    const path = await scratch()
    const [gate, reached] = [createGate(), createGate()]
    let isSlow = true
    const server = await startTalker((turn, count) => {
      if (count === 63) reached.open()
      const said = dull(turn, count)
      if (!isSlow || count < 60 || typeof said !== 'string') return said
      return [{ until: gate.passed }, ...json(200, { generated_text: said, details: { finish_reason: 'eos_token' } })]
    })
    const options = { llm: talkerOn(server, { tokenizerId }), concurrency: 8 }
    const run = generateDataset({
      ...options,
      sink: path('a.jsonl'),
      source: candidates(),
      task: magpieTask({ numRows: 40 }),
    })
    await reached.passed
    run.stop({ drainMs: 1 })
    const stopped = await run
    expect(stopped).toMatchObject({ end: 'stopped', rows: expect.any(Number) })
    expect(stopped.rows).toBeGreaterThan(0)
    expect(stopped.rows).toBeLessThan(40)
    isSlow = false
    gate.open()
    const resumed = await make({ ...options, sink: path('a.jsonl') }, { numRows: 40 })
    const whole = await make({ ...options, sink: path('b.jsonl') }, { numRows: 40 })
    expect(resumed.text).toBe(whole.text)
    expect(resumed.summary.selection).toEqual(whole.summary.selection)
    expect(resumed.summary.requestsNow).toBeLessThan(whole.summary.requestsNow)
    expect(await make({ ...options, sink: path('a.jsonl') }, { numRows: 40 })).toMatchObject({
      summary: { requestsNow: 0, rows: 40, selection: whole.summary.selection },
    })
  })

  it('gives up on a model that has no more to say, keeps what there is, and says so again', async () => {
    const path = await scratch()
    const server = await startTalker(({ isUser }) => (isUser ? 'What is 1 + 1?' : '2'))
    const options = { llm: talkerOn(server, { tokenizerId }), sink: path('out.jsonl') }
    const task = { numRows: 5, onlyInstruction: true }
    const { summary, text } = await make(options, task)
    expect(summary).toMatchObject({
      end: 'exhausted',
      rows: 1,
      selection: { rows: 5, candidates: 401, rejected: { repeated: 400 } },
    })
    expect(columnsOf(text)).toMatchObject([{ instruction: 'What is 1 + 1?' }])
    expect(await make(options, task)).toMatchObject({ text, summary: { end: 'exhausted', requestsNow: 0 } })
  })
})

describe('a turn', () => {
  it('that fails by the server’s fault is asked again without those before it', async () => {
    const path = await scratch()
    const server = await startTalker(({ prompt }, count) => {
      if (prompt.includes('said 1') && count === 2) return json(500, { error: 'CUDA', error_type: 'generation' })
      return `said ${count}`
    })
    const summary = await runFast({
      llm: talkerOn(server, { tokenizerId }),
      source: candidates(),
      task: magpieTask({ numRows: 1, nTurns: 2, systemPrompt: null }),
      sink: path('out.jsonl'),
      concurrency: 1,
    })
    expect(summary).toMatchObject({ end: 'finished', requests: 5, tokens: { output: 12 } })
    const turns = turnsOf(server)
    expect(turns[3]).toEqual(turns[2])
    const [row] = await readLines(path('out.jsonl'))
    expect(row).toMatchObject({ output_tokens: 12 })
    expect(row?.['conversation']).toMatchObject(
      ['said 0', 'said 1', 'said 3', 'said 4'].map((content) => ({ content })),
    )
  })

  it('of a conversation that is no good is asked again by another seed, and a few times only', async () => {
    const path = await scratch()
    const bad = ['', 'said 0', 'Well? [INST] And', 'fine']
    const server = await startTalker((_turn, count) => (count < 2 ? `said ${count}` : (bad[count - 2] ?? 'the end')))
    const options = { llm: talkerOn(server, { tokenizerId }), sink: path('out.jsonl'), concurrency: 1 }
    const { text } = await make(options, { numRows: 1, nTurns: 2, systemPrompt: null })
    const [row] = columnsOf(text)
    expect(row?.['conversation']).toMatchObject(['said 0', 'said 1', 'fine', 'the end'].map((content) => ({ content })))
    const turns = turnsOf(server)
    expect(new Set(turns.slice(2, 6).map(({ prompt }) => prompt)).size).toBe(1)
    expect(new Set(turns.map(({ seed }) => seed)).size).toBe(turns.length)
  })

  it('of the assistant may be cut off, which the row says', async () => {
    const path = await scratch()
    const server = await startTalker(({ isUser, seed = 0 }) => (isUser ? `Say ${seed}.` : { cut: 'Once upon a' }))
    const options = { llm: talkerOn(server, { tokenizerId }), sink: path('out.jsonl') }
    const { summary, text } = await make(options, { numRows: 2 })
    expect(columnsOf(text)).toMatchObject([
      { response: 'Once upon a', finish_reason: 'length' },
      { finish_reason: 'length' },
    ])
    expect(summary.selection).toMatchObject({ cut: 2, rejected: {} })
  })
})

describe('the columns', () => {
  it.each<[string, MagpieTaskOptions, unknown]>([
    ['only the instruction', { onlyInstruction: true, nTurns: 3 }, { instruction: 'user 1' }],
    ['an exchange', {}, { instruction: 'user 1', response: 'assistant 1' }],
    [
      'an exchange, with a system message kept',
      { systemPrompt: 'Be brief.', includeSystemPrompt: true },
      { conversation: ['system Be brief.', 'user user 1', 'assistant assistant 1'] },
    ],
    [
      'several exchanges, whose system message is not kept',
      { nTurns: 2 },
      { conversation: ['user user 1', 'assistant assistant 1', 'user user 2', 'assistant assistant 2'] },
    ],
    [
      'a last message of the user',
      { endWithUser: true, systemPrompt: { short: 'Be brief.' } },
      { conversation: ['user user 1', 'assistant assistant 1', 'user user 2'], system_prompt_key: 'short' },
    ],
  ])('%s', async (_what, task, expected) => {
    const path = await scratch()
    const server = await startTalker(({ prompt, isUser }) => {
      const role = isUser ? 'user' : 'assistant'
      return `${role} ${prompt.split(`<|im_start|>${role}\n`).length - 1}`
    })
    const llm = talkerOn(server, { tokenizerId })
    const { text } = await make({ llm, sink: path('out.jsonl') }, { ...task, numRows: 1 })
    const [{ conversation, ...row } = {}] = columnsOf(text)
    const said = (conversation as readonly { role: string; content: string }[] | undefined)?.map(
      ({ role, content }) => `${role} ${content}`,
    )
    const { model_name: _m, finish_reason: _f, input_tokens: _i, output_tokens: _o, status, error, ...own } = row
    expect({ status, error }).toEqual({ status: 'ok', error: null })
    expect(said === undefined ? own : { ...own, conversation: said }).toEqual(expected)
    const first = turnsOf(server)[0]?.prompt ?? ''
    expect(first.includes('<|im_start|>system\n')).toBe(task.nTurns === 2 || task.systemPrompt !== undefined)
  })
})

describe('rows of an input', () => {
  it('get one conversation each: their own system prompt wins, a bad instruction is asked again', async () => {
    const path = await scratch()
    const server = await startTalker(({ prompt, isUser, seed = 0 }) => {
      if (!isUser) return 'Yes.'
      if (prompt.includes('mute')) return ''
      return prompt.includes('dreamy') && seed % 2 === 0 ? ' ' : `Is it ${seed}?`
    })
    const source = await writeLines(path('in.jsonl'), [
      { id: 0, system_prompt: 'You are dreamy.', generation: 4 },
      { id: 1 },
      { id: 2, system_prompt: 'You are mute.' },
      { id: 3, system_prompt: 5 },
    ])
    const task = magpieTask({ systemPrompt: { a: ['You are A.', 1], b: ['You are B.', 0] }, retries: 20 })
    const llm = talkerOn(server, { tokenizerId })
    const summary = await generateDataset({ llm, source, task, sink: path('out.jsonl') })
    expect(summary).toMatchObject({ end: 'finished', rows: 4, counts: { ok: 2, invalid: 2 } })
    expect(summary.selection).toBeUndefined()
    expect(await readLines(path('out.jsonl'))).toMatchObject([
      {
        id: 0,
        generation: 4,
        instruction: expect.stringMatching(/^Is it \d+\?$/),
        response: 'Yes.',
        system_prompt_key: null,
      },
      { id: 1, response: 'Yes.', system_prompt_key: 'a' },
      {
        id: 2,
        instruction: null,
        response: null,
        status: 'invalid',
        error: 'The instruction is empty. [INVALID_OUTPUT]',
      },
      { id: 3, instruction: null, status: 'invalid', error: expect.stringContaining('must be text. [INVALID_ROW]') },
    ])
    expect(turnsOf(server).filter(({ prompt }) => prompt.includes('mute'))).toHaveLength(21)
  })
})

describe('a server', () => {
  it('that takes no seeds is asked without them, with a warning', async () => {
    const path = await scratch()
    const text = (count: number): unknown => ({
      choices: [{ index: 0, text: `What is ${count}?`, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    })
    const server = await startXinference({
      model: { ...listedModel, model_engine: 'transformers', model_format: 'pytorch' },
      chat: () => chatAnswer('A number.'),
      completion: (_request, count) => json(200, text(count)),
    })
    const llm = modelOn(server, { tokenizerId })
    const { summary } = await make({ llm, sink: path('out.jsonl') }, { numRows: 3 })
    expect(summary.warnings).toMatchObject([
      { code: 'not-reproducible', message: expect.stringContaining('transformers') },
    ])
    const bodies = [...server.bodiesTo(completionRoute), ...server.bodiesTo(chatRoute)]
    expect(bodies).toHaveLength(6)
    for (const body of bodies) expect(body).not.toHaveProperty('seed')
    expect(server.bodiesTo(completionRoute)[0]).toMatchObject({ prompt: '<|im_start|>user\n' })
  })

  it('that takes conversations only is refused at once, with a way out', async () => {
    const path = await scratch()
    const mapping = { inferenceProviderMapping: { groq: { status: 'live', providerId: 'x' } } }
    const server = await ScriptedServer.start({ routes: { '*': json(200, mapping) } })
    const url = { routerUrl: `${server.url}/v1`, hubUrl: server.url }
    const llm = new InferenceEndpointsLLM({ modelId: 'org/model', apiKey: 'hf_key_of_test', tokenizerId, ...url })
    const failure = await errorOf(make({ llm, sink: path('out.jsonl') }, { numRows: 3 }))
    expect(failure).toMatchObject({ code: 'MODEL_ABILITY', message: expect.stringMatching(/dedicated endpoint/) })
    expect(await readdir(path('.'))).toEqual([])
    await server.close()
  })

  it.each([
    ['has no tokenizer here', {}, { numRows: 1 }, /needs tokenizerId/],
    [
      'whose template takes no system message',
      {
        tokenizerId,
        chatTemplate: "{{ raise_exception('no system') if messages[0].role == 'system' }}{{ messages[0].content }}",
      },
      { numRows: 1, nTurns: 2 },
      /no system/,
    ],
  ])('%s is refused before the first request', async (_what, model, task, message) => {
    const path = await scratch()
    const server = await startTalker(() => 'x')
    const llm = talkerOn(server, model as { tokenizerId: string })
    expect(await errorOf(make({ llm, sink: path('out.jsonl') }, task))).toMatchObject({
      message: expect.stringMatching(message),
    })
    expect(turnsOf(server)).toEqual([])
  })
})

describe('what does not go together is refused', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['no turns', () => magpieTask({ nTurns: 0 }), /nTurns/],
    ['a seed of one turn', () => magpieTask({ response: { seed: 1 } as object }), /response cannot have seed/],
    [
      'instructions that end with the user',
      () => magpieTask({ onlyInstruction: true, endWithUser: true }),
      /endWithUser/,
    ],
    ['no system prompts', () => magpieTask({ systemPrompt: [] }), /is empty/],
    ['an unknown option', () => magpieTask({ rows: 1 } as object), /rows/],
  ])('%s', (_what, act, message) => {
    expect(act).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }))
  })

  it.each<[string, Partial<GenerateDatasetOptions>, RegExp]>([
    ['candidates without an end', { task: magpieTask() }, /has no end/],
    ['a limit', { task: magpieTask({ numRows: 1 }), limit: 1 }, /limit does not go/],
    ['several answers a row', { task: magpieTask({ numRows: 1 }), numGenerations: 2 }, /numGenerations does not go/],
  ])('%s', async (_what, options, message) => {
    const path = await scratch()
    const llm = new LlamaCpp({ modelPath: demoModelPath })
    const run = generateDataset({ llm, source: candidates(), folder: path('run'), ...options })
    expect(await errorOf(run)).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })
  })
})

describe('the bundled model', () => {
  it('makes the same conversations in any order of its work', { timeout: 60_000 }, async () => {
    const path = await scratch()
    await using llm = new LlamaCpp({ modelPath: demoModelPath })
    const task = { numRows: 3, nTurns: 2, seed: 5, response: { maxTokens: 20 } }
    const one = await make({ llm, sink: path('a.jsonl'), concurrency: 1 }, task)
    const many = await make({ llm, sink: path('b.jsonl') }, task)
    expect(many.text).toBe(one.text)
    for (const { conversation } of columnsOf(one.text)) {
      expect((conversation as readonly { role: string }[]).map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'user',
        'assistant',
      ])
    }
  })
})
