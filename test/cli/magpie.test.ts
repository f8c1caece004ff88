import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createGate } from '../support/scripted-model.js'
import { json } from '../support/http-bytes.js'
import type { ScriptedServer } from '../support/scripted-server.js'
import { demoFolder } from '../support/tokenizer-files.js'
import { generateRoute, startTalker } from '../dataset/magpie-support.js'
import { run, start } from './command.js'

async function scratch(): Promise<(name: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-magpie-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return (name) => join(folder, name)
}

async function readRows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

const said = (text: string): unknown => ({
  generated_text: text,
  details: { finish_reason: 'eos_token', generated_tokens: 3, seed: 1, prefill: [], tokens: [] },
})

interface Talker {
  readonly server: ScriptedServer
  /** Lets so many requests through and has the next ones wait; resolves when six do. */
  holdAfter(requests: number): Promise<void>
  /** Answers what waits, and all that comes. */
  open(): void
}

/** What the model says follows from the seed alone. */
async function startHolding(): Promise<Talker> {
  let [gate, reached] = [createGate(), createGate()]
  let left = Infinity
  const server = await startTalker(({ isUser, seed = 0 }) => {
    const text = isUser ? `What is ${seed % 200}?` : `It is ${seed}.`
    left--
    if (left === -6) reached.open()
    return left >= 0 ? text : [{ until: gate.passed }, ...json(200, said(text))]
  })
  return {
    server,
    holdAfter(requests) {
      ;[gate, reached] = [createGate(), createGate()]
      left = requests
      return Promise.resolve(reached.passed).then(() => undefined)
    },
    open() {
      left = Infinity
      gate.open()
    },
  }
}

const toServer = ({ url }: ScriptedServer): readonly string[] => ['--llm', url, '--tokenizer', demoFolder]

describe('headrace magpie', () => {
  it('makes rows with the demo model, and again without a request', async () => {
    const path = await scratch()
    const args = ['magpie', '-n', '4', '-o', path('out.jsonl'), '--max-tokens', '40']
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(
      /^4 rows: 4 ok\n\d+ candidates, \d+ rejected.*\n[^]*\d+ requests, .*\nlimit .*\n.*out\.jsonl\n$/m,
    )
    const rows = await readRows(path('out.jsonl'))
    expect(rows).toHaveLength(4)
    for (const { instruction, response } of rows) {
      expect([typeof instruction, typeof response]).toEqual(['string', 'string'])
    }
    const again = await run([...args, '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({
      end: 'finished',
      rows: 4,
      requestsNow: 0,
      selection: { rows: 4, rejected: expect.any(Object) },
    })
    expect(again.stderr).toBe('')
    const show = await run(['runs', 'show', path('out.jsonl.run')])
    expect(show.stdout).toMatch(
      /input {3}candidates\ntask {4}magpie\n[^]*rows {4}4: 4 ok\n +\d+ candidates, \d+ rejected/,
    )
  })

  it('takes system prompts with weights, turns, options of answers, and rows of an input', async () => {
    const path = await scratch()
    const { server } = await startHolding()
    await writeFile(path('prompts.json'), '{"math": ["You reckon.", 1], "none": ["You idle.", 0]}')
    await writeFile(path('in.jsonl'), '{"id": 1, "system_prompt": "You sing."}\n{"id": 2}\n')
    const common = ['magpie', ...toServer(server), '--system-prompts', path('prompts.json'), '--concurrency', '1']
    const options = ['--temperature', '1.2', '--response-temperature', '0', '--instruction-stop', '!']
    const many = ['-n', '2', '-o', path('a.jsonl'), '--turns', '2', '--end-with-user', '--include-system-prompt']
    expect(await run([...common, ...options, ...many])).toMatchObject({ code: 0 })
    const [first] = await readRows(path('a.jsonl'))
    const { conversation, system_prompt_key: key } = first as {
      conversation: { role: string }[]
      system_prompt_key: string
    }
    expect(key).toBe('math')
    expect(conversation.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user'])
    const [ask, answer] = server.bodiesTo(generateRoute).map(({ parameters }) => parameters)
    expect(ask).toMatchObject({ temperature: 1.2, stop: ['!', '<|im_end|>', '<|im_start|>'] })
    expect(answer).not.toMatchObject({ temperature: 1.2 })
    expect(await run([...common, '--input', path('in.jsonl'), '-o', path('b.jsonl')])).toMatchObject({ code: 0 })
    expect(await readRows(path('b.jsonl'))).toMatchObject([
      { id: 1, system_prompt: 'You sing.', system_prompt_key: null, status: 'ok' },
      { id: 2, system_prompt_key: 'math', status: 'ok' },
    ])
  })

  it('shows the prompt and sends nothing', async () => {
    const path = await scratch()
    const { server } = await startHolding()
    const args = ['magpie', '-n', '1', '-o', path('a.jsonl'), ...toServer(server), '--system', 'Be brief.', '--dry-run']
    const { code, stdout } = await run(args)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^\d+ tokens: "<\|im_start\|>system\\nBe brief\.<\|im_end\|>\\n<\|im_start\|>user\\n"\n$/,
      ),
    })
    const preset = await run([...args.filter((arg) => !/system|brief/.test(arg)), '--pre-query', 'llama3'])
    expect(preset.stdout).toContain('<|begin_of_text|><|start_header_id|>user<|end_header_id|>')
    expect(server.requestsTo(generateRoute)).toEqual([])
    expect(await readdir(path('.'))).toEqual([])
  })

  it('stops on Ctrl-C, dies by kill -9, and comes to the same rows all the same', { timeout: 60_000 }, async () => {
    const path = await scratch()
    const talker = await startHolding()
    const { server } = talker
    const argsTo = (output: string): readonly string[] => [
      'magpie',
      '-n',
      '20',
      '--turns=2',
      '--concurrency=6',
      '-o',
      path(output),
      ...toServer(server),
    ]
    let isHeld = talker.holdAfter(20)
    const killed = start(argsTo('a.jsonl'))
    await isHeld
    killed.child.kill('SIGKILL')
    await killed.finished
    talker.open()
    isHeld = talker.holdAfter(20)
    const command = start(argsTo('a.jsonl'))
    await isHeld
    command.child.kill('SIGINT')
    await new Promise<void>((resolve) => command.child.stderr?.once('data', () => resolve()))
    talker.open()
    expect(await command.finished).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/Stopped: what is done is safe in .*a\.jsonl\.run, and the same command goes on\./),
    })
    expect(await run(argsTo('a.jsonl'))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^20 rows: 20 ok\n/m),
    })
    expect(await run(argsTo('b.jsonl'))).toMatchObject({ code: 0 })
    expect(await readFile(path('a.jsonl'), 'utf8')).toBe(await readFile(path('b.jsonl'), 'utf8'))
  })

  it('ends with 1 where the model has no more to say, and says what there is', async () => {
    const path = await scratch()
    const server = await startTalker(() => 'Hello!')
    const steered = ['--only-instruction', '--concurrency', '8']
    const args = ['magpie', '-n', '3', '-o', path('out.jsonl'), ...steered, ...toServer(server)]
    const { code, stderr } = await run(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /401 candidates, 400 rejected: 400 repeated\n[^]*Given up, .*out\.jsonl holds 1 of 3 rows\.\n/,
    )
    expect(await readRows(path('out.jsonl'))).toMatchObject([{ instruction: 'Hello!' }])
  })

  it.each([
    ['no number of rows', ['-o', 'x.jsonl'], 2, /-n N, or rows .*--input.*\[INVALID_OPTION\]/],
    ['no tokenizer', ['-n', '1', '-o', 'x', '--llm', 'http://127.0.0.1:1'], 2, /--tokenizer ID.*\[INVALID_OPTION\]/],
    ['both kinds of rows', ['-n', '1', '--input', 'in.jsonl', '-o', 'x'], 2, /cannot be used with option/],
    [
      'two kinds of system prompts',
      ['-n', '1', '-o', 'x', '--system', 'a', '--system-prompts', 'b'],
      2,
      /cannot be used/,
    ],
    ['no rows', ['-n', '0', '-o', 'x'], 2, /numRows must be at least 1/],
    ['prompts that are not there', ['-n', '1', '-o', 'x', '--system-prompts', 'no.json'], 1, /\[FILE_UNREADABLE\]/],
  ])('says what is wrong: %s', async (_what, args, code, message) => {
    const result = await run(['magpie', ...args])
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
  })
})
