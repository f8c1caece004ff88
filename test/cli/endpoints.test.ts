import { describe, expect, it, onTestFinished } from 'vitest'

import { json } from '../support/http-bytes.js'
import { ScriptedServer } from '../support/scripted-server.js'
import { ManagementServer, type ServedEndpoint } from '../support/servers/management-server.js'
import { type Finished, run, start } from './command.js'

async function serving(
  ...endpoints: readonly ServedEndpoint[]
): Promise<{ server: ManagementServer; endpoints: (...args: readonly string[]) => Promise<Finished> }> {
  const server = await ManagementServer.start({ endpoints })
  onTestFinished(() => server.close())
  const rest = ['--management-url', server.managementUrl, '--api-key', 'hf_right']
  const env = { HF_ENDPOINT: server.hubUrl }
  return { server, endpoints: (...args) => run(['endpoints', ...args, ...rest], { env }) }
}

async function healthy(): Promise<string> {
  const model = await ScriptedServer.start({ routes: { 'GET /health': json(200, {}) } })
  onTestFinished(() => model.close())
  return model.url
}

const url = 'https://x.example'

describe('headrace endpoints', () => {
  it('helps, also with each of its commands', async () => {
    const commands = ['list', 'status', 'resume', 'pause', 'scale-to-zero', 'wait']
    const helps = await Promise.all(
      [[], ...commands.map((command) => [command])].map((args) => run(['endpoints', ...args, '--help'])),
    )
    expect(helps.map(({ code, stderr }) => ({ code, stderr }))).toEqual(helps.map(() => ({ code: 0, stderr: '' })))
    for (const command of commands) expect(helps[0]?.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    for (const { stdout } of helps.slice(1))
      for (const option of ['--namespace', '--api-key', '--json']) expect(stdout).toContain(option)
  })

  it('lists them as a table, and as JSON without what their owner set', async () => {
    const { endpoints } = await serving({ name: 'one', states: ['running'], url }, { name: 'two', states: ['paused'] })
    const { code, stdout } = await endpoints('list')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^NAME +STATE +ENGINE +REPLICAS +MODEL +HARDWARE\none +running +tgi +1\/1 +org\/model +aws .*\ntwo +paused /,
    )
    const asJson = await endpoints('list', '--json')
    expect(JSON.parse(asJson.stdout)).toMatchObject([
      { name: 'one', url },
      { name: 'two', state: 'paused' },
    ])
    expect(asJson.stdout).not.toContain('hush')
  })

  it('says when there are none', async () => {
    const { endpoints } = await serving()
    expect(await endpoints('list')).toEqual({ code: 0, stdout: '', stderr: 'There are no endpoints.\n' })
  })

  it('prints the state of one, also by NAMESPACE/NAME', async () => {
    const { server, endpoints } = await serving({ name: 'one', states: ['running'], url, message: 'Endpoint is ready' })
    const { stdout } = await endpoints('status', 'ana/one')
    expect(stdout).toBe(
      [
        'endpoint  ana/one',
        'state     running (Endpoint is ready)',
        `address   ${url}`,
        'model     org/model',
        'engine    tgi',
        'replicas  1 of 1',
        'hardware  aws us-east-1 nvidia-l4 x1',
        '',
      ].join('\n'),
    )
    expect(server.asked).toEqual(['GET /v2/endpoint/ana/one'])
  })

  it('pauses and scales to zero', async () => {
    const { endpoints } = await serving({ name: 'one', states: ['running'], url })
    expect((await endpoints('scale-to-zero', 'one')).stdout).toContain('scaledToZero')
    expect((await endpoints('pause', 'one')).stdout).toContain('paused')
  })

  it('resumes one and waits until it answers, with a line for each state', async () => {
    const { endpoints } = await serving({
      name: 'one',
      states: ['paused'],
      onResume: ['running'],
      url: await healthy(),
    })
    const { code, stdout, stderr } = await endpoints('resume', 'one')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('state     running') })
    expect(stderr).toBe('one: running (Endpoint is running), after 0 s\n')
  })

  it('resumes one and comes back at once with --no-wait', async () => {
    const { endpoints } = await serving({ name: 'one', states: ['paused'] })
    expect(await endpoints('resume', 'one', '--no-wait')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('pending'),
    })
  })

  it.each([
    [['status', 'other'], 1, /nothing of that name.*\[MODEL_NOT_FOUND\]/],
    [['wait', 'one'], 1, /one failed to deploy: No GPU\. \[LAUNCH_FAILED\]/],
    [['wait', 'one', '--timeout', '0'], 2, /timeoutMs.*\[INVALID_OPTION\]/],
    [['status'], 2, /missing required argument 'name'/],
  ])('%j fails in one sentence', async (args, code, message) => {
    const { endpoints } = await serving({ name: 'one', states: ['failed'], message: 'No GPU' })
    const finished = await endpoints(...args)
    expect(finished).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
    expect(finished.stderr.trimEnd()).not.toContain('\n\n')
  })

  it('fails as JSON when it is asked for JSON', async () => {
    const { endpoints } = await serving()
    const { code, stdout } = await endpoints('status', 'one', '--json')
    expect({ code, error: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      error: { error: { code: 'MODEL_NOT_FOUND' } },
    })
  })

  it('stops waiting on Ctrl-C, and says that the endpoint goes on', async () => {
    const { server } = await serving({ name: 'one', states: ['initializing'] })
    const args = ['endpoints', 'wait', 'one', '--management-url', server.managementUrl, '--api-key', 'hf_right']
    const command = start(args, { env: { HF_ENDPOINT: server.hubUrl } })
    await new Promise<void>((resolve) => command.child.stderr?.once('data', () => resolve()))
    command.child.kill('SIGINT')
    expect(await command.finished).toMatchObject({ code: 130, stderr: expect.stringContaining('the endpoint goes on') })
  })
})
