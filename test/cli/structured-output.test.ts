import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { run } from './command.js'

const schema = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 8 }, id: { type: 'integer', minimum: 1, maximum: 99 } },
  required: ['name', 'id'],
}

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-schema-'))
  file = join(folder, 'person.json')
  await writeFile(file, JSON.stringify(schema))
  await writeFile(join(folder, 'broken.json'), '{"type":')
  await writeFile(join(folder, 'list.json'), '[]')
  await writeFile(join(folder, 'unique.json'), JSON.stringify({ type: 'array', uniqueItems: true }))
})
afterAll(() => rm(folder, { recursive: true }))

describe('an answer is', () => {
  it.each([[['chat']], [['complete']], [['complete', '--raw']]])('JSON of a schema (%j)', async (command) => {
    const { code, stdout, stderr } = await run([...command, 'Who are you?', '--schema', file])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const value = JSON.parse(stdout) as { name: string; id: number }
    expect(Object.keys(value)).toEqual(['name', 'id'])
    expect(value.name.length).toBeLessThanOrEqual(8)
    expect(value.id).toBeGreaterThanOrEqual(1)
  })

  it('what a regular expression matches', async () => {
    const { code, stdout } = await run(['complete', '--raw', 'Today is ', '--regex', String.raw`\d{4}-\d{2}-\d{2}`])
    expect(stdout).toMatch(/^\d{4}-\d{2}-\d{2}\n$/)
    expect(code).toBe(0)
  })

  it('one of a choice, also in JSON', async () => {
    const { code, stdout } = await run(['chat', 'What is it?', '--choice', 'dark red,green', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      text: expect.stringMatching(/^(dark red|green)$/),
      parsed: expect.stringMatching(/^(dark red|green)$/),
      structuredOutput: { rung: 'constrained', attempts: 1 },
    })
    expect(code).toBe(0)
  })
})

describe('nothing valid is exit code 1', () => {
  const args = ['chat', 'Who are you?', '--max-tokens', '3']

  it('with the sentence alone where the answer was cut', async () => {
    const { code, stdout, stderr } = await run([...args, '--schema', file])
    expect(stderr).toMatch(
      /^headrace: The answer met its token limit [^\n]*raise maxTokens[^\n]* \[OUTPUT_TRUNCATED\]\n$/,
    )
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('with what had come, in JSON', async () => {
    const { code, stdout } = await run([...args, '--schema', file, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'OUTPUT_TRUNCATED', partial: { text: expect.stringMatching(/^\{"/) } },
    })
    expect(code).toBe(1)
  })

  it('with every answer and its issues', async () => {
    // The stop string takes the end of the JSON.
    const stopped = [...args.slice(0, 2), '--schema', file, '--stop', '"id"', '--max-attempts', '3', '--seed', '1']
    const { code, stdout, stderr } = await run(stopped)
    const [first, ...lines] = stderr.trimEnd().split('\n')
    expect(first).toMatch(/^headrace: The answer is not JSON: [^\n]* \[INVALID_OUTPUT\]$/)
    expect(lines.filter((line) => /^  answer \d: \{"name":/.test(line))).toHaveLength(3)
    expect(lines.filter((line) => line.startsWith('    the whole: must be JSON'))).toHaveLength(3)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const { stdout: json } = await run([...stopped, '--json'])
    expect(JSON.parse(json)).toMatchObject({
      error: { code: 'INVALID_OUTPUT', issues: [{ path: '' }], attempts: [{ issues: [{ path: '' }] }, {}, {}] },
    })
  })

  it('and so is a keyword that cannot be honoured', async () => {
    const { code, stdout, stderr } = await run(['chat', 'Hi', '--schema', join(folder, 'unique.json')])
    expect(stderr).toMatch(/^headrace: [^\n]*uniqueItems at \/uniqueItems[^\n]*\[UNSUPPORTED_OPTION\]\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})

describe('wrong usage is one line', () => {
  it.each([
    ['a file that is not there', 'nowhere.json', 1, /nowhere\.json cannot be read \(ENOENT\)\. \[FILE_UNREADABLE\]/],
    ['a file that is no JSON', 'broken.json', 2, /broken\.json is not JSON: .*\[INVALID_OPTION\]/],
    ['a file that is no schema', 'list.json', 2, /must be a JSON object\. \[INVALID_OPTION\]/],
  ])('%s', async (_name, name, code, message) => {
    await expectFailure(['--schema', join(folder, name)], code, message)
  })

  it.each([
    ['a wrong expression', ['--regex', '('], /not a regular expression.*\[INVALID_OPTION\]/],
    ['two of them', ['--regex', 'a', '--choice', 'b'], /--regex.*cannot be used with.*--choice/],
    ['nothing to be strict about', ['--strict'], /--strict needs --schema, --regex or --choice.*\[INVALID_OPTION\]/],
    [
      'no number of attempts',
      ['--regex', 'a', '--max-attempts', '0'],
      /maxAttempts must be at least 1.*\[INVALID_OPTION\]/,
    ],
  ])('%s', async (_name, args, message) => {
    await expectFailure(args, 2, message)
  })
})

async function expectFailure(args: readonly string[], exitCode: number, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(['chat', 'Hi', ...args])
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^headrace: [^\n]*\n$/)
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
}
