/** Runs over several servers with a key each, and the command: each key arrives at its own server and lies in no file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { InferenceEndpointsLLM, type LLM, XinferenceClient } from 'headrace'
import { describe, expect, it, onTestFinished } from 'vitest'

import { run } from '../cli/command.js'
import { modelOn, prompts, runFast } from '../dataset/support.js'
import { carelessFaults } from '../support/careless-faults.js'
import { json } from '../support/http-bytes.js'
import { expectNoSecret, readAllFiles } from '../support/no-secret.js'
import { errorOf } from '../support/outcome-of.js'
import type { RecordedRequest, Script, ScriptedServer } from '../support/scripted-server.js'
import { chatAnswer, chatRoute, listRoute, realRuntime, startXinference } from '../support/xinference-server.js'

const keys = ['xf-MARKED-first', 'MARKED-second', 'MARKED-third'] as const

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-secrets-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const told = ({ headers, body }: RecordedRequest): string => JSON.stringify({ headers, body })

/** Answers some prompts, and says of the others what it was sent, in all the ways there are. */
function careless(request: RecordedRequest): Script {
  const number = Number(/p(\d+)/.exec(request.body)?.[1] ?? 0)
  // A refusal and a missing right end a run, a missing model too; they come in a test of their own.
  const faults = carelessFaults.filter(([name]) => !/refusal|right|model|ban|redirect/.test(name))
  const [, fault] = number % 2 === 0 ? [] : (faults[((number - 1) / 2) % faults.length] ?? [])
  return fault === undefined ? chatAnswer('Hello') : fault(told(request), '')
}

/** The marked keys that arrived at a server. */
function arrivedAt(server: ScriptedServer): readonly string[] {
  return keys.filter((key) => server.requests.some((request) => JSON.stringify(request).includes(key)))
}

describe('the keys of a run', () => {
  it('go to their own servers, and into no file, event or line', async () => {
    const folder = await scratch()
    const servers = await Promise.all(keys.map(() => startXinference({ chat: careless })))
    const [first, second, third] = servers as [ScriptedServer, ScriptedServer, ScriptedServer]
    const runtime = realRuntime({ HEADRACE_LOG: 'debug' })
    const events: unknown[] = []
    const llms: LLM[] = [
      modelOn(first, { apiKey: keys[0] }, runtime),
      modelOn(second, { apiKey: { env: 'SECOND' } }, realRuntime({ SECOND: keys[1] })),
      new InferenceEndpointsLLM(
        { baseUrl: third.url, apiKey: keys[2], engine: 'openai', wireMode: 'json' },
        { runtime },
      ),
    ]
    onTestFinished(() => llms[2]?.unload())
    for (const llm of llms) {
      for (const name of ['llm-start', 'llm-end', 'llm-error', 'retry', 'waiting'] as const) {
        llm.callbackManager.on(name, (event) => events.push(event))
      }
    }
    const summary = await runFast({
      llm: llms,
      allowDifferentModels: true,
      source: prompts(120),
      sink: join(folder, 'out.jsonl'),
      concurrency: 4,
      maxRetries: 0,
    })
    expect(summary.counts.ok).toBeGreaterThan(50)
    expect(summary.counts.failed + summary.counts.invalid).toBeGreaterThan(20)
    expect(servers.map(arrivedAt)).toEqual(keys.map((key) => [key]))
    const files = await readAllFiles(folder)
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        'out.jsonl',
        join('out.jsonl.run', 'manifest.json'),
        join('out.jsonl.run', 'run.sqlite'),
      ]),
    )
    for (const [name, bytes] of Object.entries(files)) expect(bytes, name).not.toMatch(/MARKED/)
    expectNoSecret([summary, runtime.lines])
    expectNoSecret(events)
    expect(runtime.lines.length).toBeGreaterThan(100)
  })

  it.each(['a refusal', 'a missing right', 'a missing model', 'a redirect (307)', 'a redirect (308)'])(
    'are in no file that %s leaves, nor at another host',
    async (name) => {
      const folder = await scratch()
      const elsewhere = await startXinference()
      const fault = carelessFaults.find(([each]) => each === name)?.[1]
      if (fault === undefined) throw new Error(`There is no fault ${name}.`)
      const server = await startXinference({ chat: (request) => fault(told(request), elsewhere.url) })
      const llm = modelOn(server, { apiKey: keys[0] })
      expectNoSecret(
        await errorOf(runFast({ llm, source: prompts(9), sink: join(folder, 'out.jsonl'), patienceMs: 1000 })),
      )
      expect(server.requestsTo(chatRoute).length).toBeGreaterThan(0)
      expectNoSecret(await readAllFiles(folder))
      expect(elsewhere.connectionCount).toBe(0)
    },
  )
})

describe('XINFERENCE_API_KEY', () => {
  const wanting = (request: RecordedRequest): Script =>
    request.headers['authorization'] === undefined
      ? json(401, { detail: 'Not authenticated' })
      : json(200, { data: [] })

  it('goes to the server of XINFERENCE_ENDPOINT alone, and the refusal of another one says so', async () => {
    const [own, other] = [
      await startXinference({ routes: { [listRoute]: wanting } }),
      await startXinference({ routes: { [listRoute]: wanting } }),
    ]
    const runtime = realRuntime({ XINFERENCE_API_KEY: keys[0], XINFERENCE_ENDPOINT: `${own.url}/v1` })
    await using client = new XinferenceClient({ endpoint: own.url }, { runtime })
    await client.listModels()
    expect(arrivedAt(own)).toEqual([keys[0]])
    await using stranger = new XinferenceClient({ endpoint: other.url, maxRetries: 0 }, { runtime })
    const error = await errorOf(stranger.listModels())
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', status: 401 })
    expect(error.message).toMatch(/XINFERENCE_API_KEY is for the server of XINFERENCE_ENDPOINT.*set apiKey/)
    expect(arrivedAt(other)).toEqual([])
    await using named = new XinferenceClient(
      { endpoint: other.url, apiKey: { env: 'XINFERENCE_API_KEY' } },
      { runtime },
    )
    await named.listModels()
    expect(arrivedAt(other)).toEqual([keys[0]])
  })
})

describe('the command', () => {
  const specOf = ({ url }: ScriptedServer): string => `${url.replace('http:', 'xinference:')}/my-qwen`
  const env = { HEADRACE_LOG: 'debug' }

  it('shows no key, whether it works or not', async () => {
    const [good, refusing, failing] = [
      await startXinference(),
      await startXinference({ routes: { [listRoute]: (request) => json(401, { detail: told(request) }) } }),
      await startXinference({ chat: (request) => json(500, { detail: told(request) }) }),
    ]
    const finished = await Promise.all(
      [
        ...[good, refusing, failing].map((server) => ['chat', 'Hi', '--json', '--llm', specOf(server)]),
        ['models', 'list', '--endpoint', refusing.url],
      ].map((args) => run([...args, '--api-key', keys[0]], { env })),
    )
    expect(finished.map(({ code }) => code)).toEqual([0, 1, 1, 1])
    for (const { stdout, stderr } of finished) {
      expect(stderr).toContain('[headrace] #1 > GET')
      expect(stdout + stderr).not.toMatch(/MARKED/)
    }
    for (const server of [good, refusing, failing]) expect(arrivedAt(server)).toEqual([keys[0]])
  })

  it('gives each of several models its own key, and one key to no two hosts', async () => {
    const folder = await scratch()
    await writeFile(
      join(folder, 'in.jsonl'),
      '{"prompt": "p0"}\n{"prompt": "p1"}\n{"prompt": "p2"}\n{"prompt": "p4"}\n',
    )
    const servers = [await startXinference({ chat: careless }), await startXinference({ chat: careless })]
    const generate = ['generate', join(folder, 'in.jsonl'), '-o', join(folder, 'out.jsonl'), '--concurrency', '1']
    const llms = servers.flatMap((server) => ['--llm', specOf(server)])
    const one = await run([...generate, ...llms, '--api-key', keys[0]], { env })
    expect(one).toMatchObject({ code: 2, stdout: '' })
    expect(one.stderr).toMatch(/give one for each --llm.*\[INVALID_OPTION\]/)
    expect(servers.map(({ connectionCount }) => connectionCount)).toEqual([0, 0])
    const two = await run([...generate, ...llms, '--retries', '0', '--api-key', keys[0], '--api-key', keys[1]], { env })
    expect(servers.map(arrivedAt)).toEqual([[keys[0]], [keys[1]]])
    const same = await run([...generate, '--fork', ...llms.slice(0, 2), ...llms.slice(0, 2), '--api-key', keys[0]], {
      env,
    })
    for (const { stdout, stderr } of [one, two, same]) expect(stdout + stderr).not.toMatch(/MARKED/)
    expectNoSecret(await readAllFiles(folder))
    expect(servers.map(arrivedAt)).toEqual([[keys[0]], [keys[1]]])
  })
})
