import { describe, expect, it } from 'vitest'

import { createGate } from '../support/scripted-model.js'
import { type Command, type CommandOptions, run, start } from './command.js'
import { serveModel } from './serve-model.js'

const banner = /on (http:\/\/127\.0\.0\.1:(\d+))\n/

/** `headrace serve` on a free port, until the test ends. */
async function startServer(
  args: readonly string[] = [],
  options?: CommandOptions,
): Promise<{ server: Command; url: string; port: string; llm: string }> {
  const server = start(['serve', '--port', '0', ...args], options)
  const [, url = '', port = ''] = await server.until(banner)
  await server.until(/Ctrl-C stops/)
  return { server, url, port, llm: `xinference://127.0.0.1:${port}/demo` }
}

const ask = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model: 'demo',
      temperature: 0,
      messages: [{ role: 'user', content: 'What is 3 + 4?' }],
      ...body,
    }),
  })

describe('headrace serve', () => {
  it('serves the demo model, tells how to ask it, logs requests, and stops cleanly', async () => {
    const { server, url, port, llm } = await startServer()
    expect(server.stdout).toContain(`curl ${url}/v1/chat/completions`)
    expect(server.stdout).toContain(`headrace chat --llm ${llm}`)
    expect(server.stdout).toContain(`new Xinference({ endpoint: "${url}", modelUid: "demo" })`)

    const answer = await run(['chat', 'What is 3 + 4?', '--temperature', '0', '--llm', llm])
    expect(answer).toEqual({ code: 0, stdout: '3 + 4 = 7.\n', stderr: '' })
    await server.until(/\d\d:\d\d:\d\d POST \/v1\/chat\/completions 200 \(\d+ ms\)\n/)

    const second = await run(['serve', '--port', port])
    expect(second.stderr).toMatch(/^headrace: Port \d+ [^\n]*\[PORT_IN_USE\]\n$/)
    expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 1, stdout: '' })

    server.child.kill('SIGINT')
    const { code, stdout, stderr } = await server.finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/Stopping: .*\nStopped\.\n$/)
  })

  it.each(['tgi', 'openai'])('speaks the protocol of %s', async (protocol) => {
    const { server, url } = await startServer(['--as', protocol, '--model-uid', 'org/model'])
    expect(server.stdout).toContain(`headrace chat --llm ${url}\n`)
    expect(server.stdout).toContain(`new InferenceEndpointsLLM({ baseUrl: "${url}" })`)
    const own = await run(['chat', 'Hi', '--temperature', '0', '--json', '--llm', url])
    expect({ code: own.code, stderr: own.stderr }).toMatchObject({ code: 0 })
    expect(JSON.parse(own.stdout)).toMatchObject({ text: expect.any(String), finishReason: 'stop' })
    const native = await fetch(`${url}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: 'Once', parameters: { max_new_tokens: 2 } }),
    })
    expect(native.status).toBe(protocol === 'tgi' ? 200 : 404)
    server.child.kill('SIGINT')
    expect((await server.finished).code).toBe(0)
  })

  it('wants its key, has the name it was given, and is quiet when told', async () => {
    const { server, url, port } = await startServer(['--model-uid', 'my model', '--quiet'], {
      env: { HEADRACE_API_KEY: 'sk-secret' },
    })
    expect(server.stdout).not.toContain('sk-secret')
    expect((await ask(url, { model: 'my model' })).status).toBe(401)
    const right = await ask(url, { model: 'my model' }, { authorization: 'Bearer sk-secret' })
    expect(right.status).toBe(200)
    const env = { XINFERENCE_API_KEY: 'sk-secret' }
    const args = ['chat', 'What is 3 + 4?', '--temperature', '0']
    const answer = await run([...args, '--llm', `xinference://127.0.0.1:${port}/my%20model`], { env })
    expect(answer).toEqual({ code: 0, stdout: '3 + 4 = 7.\n', stderr: '' })
    expect(server.stdout).not.toContain('POST')
  })

  it('lets the answers in progress finish', async () => {
    const gate = createGate()
    const { server, url } = await startServer(['--llm', await serveModel(['Hel', gate.passed, 'lo'])])
    const answer = await ask(url, { stream: true })
    server.child.kill('SIGINT')
    await server.until(/Stopping/)
    gate.open()
    expect(await answer.text()).toMatch(/"lo"[^]*\[DONE\]\s*$/)
    expect(await server.finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/Stopped\.\n$/) })
  })

  it('stops at once when told twice', async () => {
    const { server, url } = await startServer(['--llm', await serveModel(['Hel', createGate().passed])])
    const answer = await ask(url, { stream: true })
    server.child.kill('SIGINT')
    await server.until(/Stopping/)
    server.child.kill('SIGINT')
    expect(await server.finished).toMatchObject({ code: 130, stderr: '' })
    await expect(answer.text()).rejects.toThrow('terminated')
  })
})
