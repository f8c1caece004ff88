import { describe, expect, it, onTestFinished } from 'vitest'

import { json } from '../support/http-bytes.js'
import { ScriptedServer } from '../support/scripted-server.js'
import { ManagementServer } from '../support/servers/management-server.js'
import { TgiServer } from '../support/servers/tgi.js'
import { demoModelPath } from '../../examples/support/demo-server.js'
import { run } from './command.js'

describe('headrace doctor', () => {
  it('reports one line a finding, and 0 when all that is claimed works', async () => {
    const { code, stdout, stderr } = await run(['doctor', `gguf:${demoModelPath}`])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ok {6}model /m)
    expect(stdout).toMatch(/^ok {6}window +\d+ tokens \(engine\)$/m)
    expect(stdout).toMatch(/^ok {6}chat-stream /m)
    expect(stdout).toMatch(/\n\nEverything that it claims works\.\n$/)
  })

  it('names engine, version and what will not work, with exit code 1; as JSON one object a line', async () => {
    const server = await TgiServer.start({ supportsGrammar: false })
    const [text, lines] = await Promise.all([run(['doctor', server.url]), run(['doctor', server.url, '--json'])])
    expect(text.code).toBe(1)
    expect(text.stdout).toMatch(/^ok {6}engine +tgi 3\.3\.6/m)
    expect(text.stdout).toMatch(/^FAILS {3}json \(completion\) +.*grammar/im)
    expect(text.stdout).toMatch(/\nWill not work: .*json \(chat\)/)
    const findings = lines.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; verdict: string })
    expect(lines.code).toBe(1)
    expect(findings).toContainEqual({ name: 'regex (chat)', verdict: 'refused', message: expect.any(String) })
  })

  it.each([
    ['http://127.0.0.1:1', 1, /\[CONNECTION_FAILED\]/],
    ['nonsense', 2, /is none of the forms.*\[INVALID_OPTION\]/],
    ['gguf:/nowhere.gguf', 1, /\[MODEL_FILE\]|\[FILE_UNREADABLE\]/],
  ])('of %s fails in one sentence', async (spec, code, message) => {
    const finished = await run(['doctor', spec])
    expect(finished).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
    expect(finished.stderr).toMatch(/^headrace: [^\n]*\n$/)
  })

  it('wakes no endpoint, and asks no model that is billed, without --wake', async () => {
    const management = await ManagementServer.start({ endpoints: [{ name: 'mine', states: ['scaledToZero'] }] })
    onTestFinished(() => management.close())
    const key = ['--api-key', 'hf_right']
    const { code, stdout } = await run([
      'doctor',
      'hf-endpoint:ana/mine',
      '--management-url',
      management.managementUrl,
      ...key,
    ])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/It is scaledToZero .*--wake starts it/),
    })
    expect(management.asked).toEqual(['GET /v2/endpoint/ana/mine'])

    const router = await ScriptedServer.start({ routes: { '*': json(500, {}) } })
    onTestFinished(() => router.close())
    const serverless = await run(['doctor', 'hf:org/model', '--router-url', router.url, ...key])
    expect(serverless).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was asked') })
    expect(router.requests).toHaveLength(0)
    expect((await run(['doctor', 'hf:org/model', '--router-url', router.url, '--wake', ...key])).code).toBe(1)
    expect(router.requests.length).toBeGreaterThan(0)
  })
})
