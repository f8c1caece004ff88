import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { describe, expect, it, onTestFinished } from 'vitest'

import { chatAnswer, chatRoute, startXinference } from '../support/xinference-server.js'
import { createGate } from '../support/scripted-model.js'
import type { ScriptedServer } from '../support/scripted-server.js'
import { detail } from '../support/http-bytes.js'
import { run, start, startInTerminal } from './command.js'

async function scratch(): Promise<(name: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-generate-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return (name) => join(folder, name)
}

async function readRows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

const specOf = (server: ScriptedServer): string => `${server.url.replace('http:', 'xinference:')}/my-qwen`
const sums = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, index) => `{"a": ${from + index}, "prompt": "What is ${from + index} + 4?"}\n`,
  ).join('')

describe('headrace generate', () => {
  it('sends a file through the demo model, and again without a request', async () => {
    const path = await scratch()
    await writeFile(path('in.jsonl'), sums(1, 10))
    const args = ['generate', path('in.jsonl'), '-o', path('out.jsonl'), '--temperature', '0']
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^9 rows: 9 ok\n9 requests, \d+ tokens in, \d+ out\nlimit \d+ \(back end\)\n.*out\.jsonl\n$/)
    const rows = await readRows(path('out.jsonl'))
    expect(rows.map(({ generation }) => generation)).toEqual(
      Array.from({ length: 9 }, (_, index) => `${index + 1} + 4 = ${index + 5}.`),
    )
    expect(await run(args)).toMatchObject({ code: 0, stderr: stderr.replace(/^limit .*\n/m, '') })
  })

  it('shares a file between several models, and says what each did', async () => {
    const path = await scratch()
    const servers = [await startXinference({ chat: chatAnswer('4') }), await startXinference({ chat: chatAnswer('4') })]
    await writeFile(path('in.jsonl'), sums(0, 40))
    const llms = servers.flatMap((server) => ['--llm', specOf(server)])
    const args = ['generate', path('in.jsonl'), '-o', path('out.jsonl'), ...llms]
    const { code, stderr } = await run([...args, '--concurrency', '2'])
    expect(code).toBe(0)
    const lines = servers.map(({ url }) => `${url}: \\d+ requests, \\d+ answers, limit 2 \\(given\\)\n`)
    expect(stderr).toMatch(new RegExp(`^40 rows: 40 ok\n40 requests, .*\n${lines.join('')}`))
    expect(await run([...args, '--concurrency', 'auto', '--max-concurrency', '2'])).toMatchObject({ code: 2 })
  })

  it('takes a template, several inputs, a pipe, and writes to standard output', async () => {
    const path = await scratch()
    await writeFile(path('a.jsonl'), '{"x": 2}\n')
    await writeFile(path('b.jsonl.gz'), gzipSync('{"x": 3}\n'))
    const template = ['--template', 'What is {{ x }} + 4?', '--temperature', '0']
    const files = await run(['generate', path('a.jsonl'), path('b*'), '-o', '-', '--run', path('one'), ...template])
    expect(
      files.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { x: 2, generation: '2 + 4 = 6.' },
      { x: 3, generation: '3 + 4 = 7.' },
    ])
    const pipe = await run(['generate', '-', '-o', path('out.jsonl'), ...template], { input: '{"x":1}\n' })
    expect(pipe.code).toBe(0)
    expect(await readRows(path('out.jsonl'))).toMatchObject([{ x: 1, generation: '1 + 4 = 5.' }])
  })

  it('takes a task from a module and from a JSON file, and a schema', async () => {
    const path = await scratch()
    const server = await startXinference({ chat: () => chatAnswer('{"sum": 5}') })
    await writeFile(path('in.jsonl'), '{"x": 1}\n')
    await writeFile(
      path('task.mjs'),
      `export default {
        name: 'sum',
        render: (row) => ({ input: [{ role: 'user', content: 'Add ' + row.x }] }),
        read: (answer) => ({ sum: JSON.parse(answer.text).sum }),
      }\n`,
    )
    await writeFile(
      path('task.json'),
      JSON.stringify({ system: 'Reckon.', template: 'Add {{ x }}', options: { temperature: 0.5 } }),
    )
    await writeFile(path('schema.json'), '{"type":"object","required":["sum"]}')
    const common = ['generate', path('in.jsonl'), '--llm', specOf(server)]
    await run([...common, '-o', path('a.jsonl'), '--task', path('task.mjs')])
    expect(await readRows(path('a.jsonl'))).toMatchObject([{ x: 1, status: 'ok', sum: 5 }])
    await run([...common, '-o', path('b.jsonl'), '--task', path('task.json'), '--schema', path('schema.json')])
    expect(await readRows(path('b.jsonl'))).toMatchObject([{ x: 1, status: 'ok' }])
    expect(server.bodiesTo(chatRoute)).toMatchObject([
      { messages: [{ content: 'Add 1' }] },
      { messages: [{ role: 'system', content: 'Reckon.' }, { content: 'Add 1' }], temperature: 0.5 },
    ])
  })

  it('shows what it would do, and sends nothing', async () => {
    const path = await scratch()
    await writeFile(path('in.jsonl'), `${sums(1, 9)}{"x": 1}\n`)
    const prices = ['--max-tokens', '10', '--price-input', '2', '--price-output', '4']
    const { code, stdout } = await run(['generate', path('in.jsonl'), '-o', path('out.jsonl'), '--dry-run', ...prices])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^in\.jsonl:1: \d+ tokens\n\{\n {2}"input": \[/)
    expect(stdout).toMatch(
      /\n9 rows, 9 requests, about \d+ tokens in\.\nAt most 90 tokens out\.\nAt most 0\.00 in cost\.\n/,
    )
    expect(stdout).toMatch(/1 of the first 9 rows cannot be asked, first in\.jsonl:9\.\n$/)
    expect(await readdir(path('.'))).toEqual(['in.jsonl'])
  })

  it('stops on Ctrl-C, says how to go on, and goes on', async () => {
    const path = await scratch()
    const gate = createGate()
    const server = await startXinference({
      chat: (_request, count) => (count < 5 ? chatAnswer('4') : [{ until: gate.passed }, ...chatAnswer('4')]),
    })
    await writeFile(path('in.jsonl'), sums(0, 30))
    const args = ['generate', path('in.jsonl'), '-o', path('out.jsonl'), '--llm', specOf(server), '--concurrency', '4']
    const command = start(args)
    await server.received(chatRoute, 9)
    command.child.kill('SIGINT')
    await new Promise<void>((resolve) => command.child.stderr?.once('data', () => resolve()))
    gate.open()
    const { code, stderr } = await command.finished
    expect(code).toBe(130)
    expect(stderr).toMatch(/Stopping: answers in progress have 10 s/)
    expect(stderr).toMatch(
      /\n9 rows: 9 ok\n[^]*Stopped: what is done is safe in .*out\.jsonl\.run, and the same command goes on\.\n$/,
    )
    expect(await run(args)).toMatchObject({ code: 0, stderr: expect.stringMatching(/^30 rows: 30 ok\n30 requests/) })
  })

  it('stops at once on the second Ctrl-C, and loses nothing', async () => {
    const path = await scratch()
    const gate = createGate()
    const server = await startXinference({
      chat: (_request, count) => (count < 5 ? chatAnswer('4') : [{ until: gate.passed }, ...chatAnswer('4')]),
    })
    await writeFile(path('in.jsonl'), sums(0, 30))
    const args = ['generate', path('in.jsonl'), '-o', path('out.jsonl'), '--llm', specOf(server), '--concurrency', '4']
    const command = start(args)
    await server.received(chatRoute, 9)
    command.child.kill('SIGINT')
    await new Promise<void>((resolve) => command.child.stderr?.once('data', () => resolve()))
    command.child.kill('SIGINT')
    expect((await command.finished).code).toBe(130)
    gate.open()
    expect(await run(args)).toMatchObject({ code: 0, stderr: expect.stringMatching(/^30 rows: 30 ok\n/) })
    expect((await readRows(path('out.jsonl'))).map(({ a }) => a)).toEqual(Array.from({ length: 30 }, (_, a) => a))
  })

  it('shows a bar at a terminal, and lines of JSON for programs', async () => {
    const path = await scratch()
    await writeFile(path('in.jsonl'), sums(1, 10))
    const args = ['generate', path('in.jsonl'), '--temperature', '0']
    const terminal = await startInTerminal([...args, '-o', path('a.jsonl')]).finished
    expect(terminal.stdout).toMatch(/100 % 9\/9 rows, .* rows\/s, .* tokens\/s, 0 in flight[^]*9 rows: 9 ok/)
    const { stderr } = await run([...args, '-o', path('b.jsonl'), '--json-progress'])
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(events.at(-1)).toMatchObject({ event: 'summary', end: 'finished', rows: 9, counts: { ok: 9 } })
  })
})

describe('headrace generate says what is wrong', () => {
  it.each([
    ['no output', ['in.jsonl'], 2, /required option '-o, --output <file>'/],
    ['no input', ['-o', 'x.jsonl'], 2, /missing required argument 'input'/],
    ['two tasks', ['in.jsonl', '-o', 'x', '--task', 't.json', '--template', 'x'], 2, /cannot be used with option/],
    ['no place for the run', ['in.jsonl', '-o', '-'], 2, /give --run FOLDER.*\[INVALID_OPTION\]/],
    ['a missing file', ['nowhere.jsonl', '-o', 'x.jsonl'], 1, /nowhere\.jsonl cannot be read.*\[FILE_UNREADABLE\]/],
    [
      'a missing task',
      ['in.jsonl', '-o', 'x.jsonl', '--task', 'no.json'],
      1,
      /no\.json cannot be read.*\[FILE_UNREADABLE\]/,
    ],
    [
      'a broken template',
      ['in.jsonl', '-o', 'x.jsonl', '--template', '{{'],
      2,
      /template is not a valid template.*\[INVALID_OPTION\]/,
    ],
    ['an option out of range', ['in.jsonl', '-o', 'x.jsonl', '--temperature', '3'], 2, /temperature must be at most 2/],
    ['no concurrency', ['in.jsonl', '-o', 'x.jsonl', '--concurrency', '0'], 2, /concurrency must be at least 1/],
  ])('%s', async (_what, args, code, message) => {
    const result = await run(['generate', ...args])
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
  })

  it('a changed task, and what to do', async () => {
    const path = await scratch()
    await writeFile(path('in.jsonl'), sums(1, 3))
    const args = ['generate', path('in.jsonl'), '-o', path('out.jsonl')]
    await run([...args, '--template', 'Hello {{ a }}'])
    const changed = await run([...args, '--template', 'Bye {{ a }}'])
    expect(changed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/task\.config\.messages.*--fork.*\[RUN_CHANGED\]/),
    })
    expect(await run([...args, '--template', 'Bye {{ a }}', '--fork'])).toMatchObject({ code: 0 })
  })
})

describe('headrace runs', () => {
  it('lists runs, and shows why rows are not ok', async () => {
    const path = await scratch()
    const server = await startXinference({
      chat: (request) => (request.body.includes('What is 3') ? detail(400, 'Too odd.') : chatAnswer('4')),
    })
    await writeFile(path('in.jsonl'), sums(1, 6))
    await appendFile(path('in.jsonl'), 'no json\n')
    const args = ['generate', path('in.jsonl'), '-o', path('out.jsonl'), '--llm', specOf(server)]
    const { stderr } = await run(args)
    expect(stderr).toMatch(
      /^6 rows: 4 ok, 2 invalid\n[^]*Why 2 rows are not ok: headrace runs show .*out\.jsonl\.run\n$/,
    )
    const list = await run(['runs', path('.')])
    expect(list.stdout).toMatch(
      /^RUN +STATE +DONE +OK +MODEL +BEGUN\n\S*out\.jsonl\.run +finished +6\/6 +4 +\S+ +20\d\d-/,
    )
    const show = await run(['runs', 'show', path('out.jsonl.run')])
    expect(show.stdout).toMatch(
      /rows {4}6: 4 ok, 2 invalid\ntokens {2}5 requests, 36 tokens in, 8 out\ntime {4}p50 \d+/,
    )
    expect(show.stdout).toMatch(/\n1 +invalid +INVALID_REQUEST +Xinference refused the request \(400\): Too odd\.\n/)
    expect(show.stdout).toMatch(/\n1 +invalid +INVALID_ROW +in\.jsonl:6: The line is not JSON/)
    const [report] = JSON.parse((await run(['runs', 'list', path('.'), '--json'])).stdout) as [object]
    expect(report).toMatchObject({
      state: 'finished',
      counts: { ok: 4, invalid: 2 },
      total: 6,
      outputTokens: { p50: 2 },
    })
  })

  it('says where there is none', async () => {
    const path = await scratch()
    expect(await run(['runs', path('.')])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^There are no runs in /),
    })
    expect(await run(['runs', 'show', path('.')])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/holds no run.*\[JOURNAL_FAILED\]/),
    })
  })
})
