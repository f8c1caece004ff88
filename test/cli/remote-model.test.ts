import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, it, onTestFinished } from 'vitest'

import { writeEndlessModel } from '../support/endless-model.js'
import { ScriptedModel, type Step } from '../support/scripted-model.js'
import { run, start } from './command.js'
import { serveModel } from './serve-model.js'

/** Word after word, for ten seconds. */
function* slowly(): Iterable<Step> {
  for (let count = 0; count < 500; count++) {
    yield `word${count} `
    yield sleep(20)
  }
}

describe('a model behind a server', () => {
  it('answers, and warns on standard error', async () => {
    const llm = await serveModel(new ScriptedModel(['Hel', 'lo'], {}, { contextWindow: undefined }))
    const { code, stdout, stderr } = await run(['chat', 'Hi', '--llm', llm])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Hello\n' })
    expect(stderr).toMatch(/^headrace: warning: The context window of demo is not known[^\n]*\n$/)
  })

  it('keeps reasoning out of the answer', async () => {
    const thought: Step = { type: 'reasoning', reasoningDelta: 'Hm.', reasoning: 'Hm.' }
    const llm = await serveModel(new ScriptedModel([thought, 'Yes.']))
    expect(await run(['chat', 'Well?', '--llm', llm])).toEqual({ code: 0, stdout: 'Yes.\n', stderr: '' })
    const { stdout } = await run(['chat', 'Well?', '--llm', llm, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ text: 'Yes.', reasoning: 'Hm.' })
  })

  it('is not there', async () => {
    const { code, stdout, stderr } = await run(['chat', 'Hi', '--llm', 'xinference://127.0.0.1:1/demo'])
    expect(stderr).toMatch(/^headrace: [^\n]*http:\/\/127\.0\.0\.1:1[^\n]*\[CONNECTION_FAILED\]\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('wants a key', async () => {
    const llm = await serveModel(new ScriptedModel(), { apiKey: 'right' })
    const wrong = await run(['chat', 'Hi', '--llm', llm, '--api-key', 'wrong-key'])
    expect(wrong.stderr).toMatch(/^headrace: [^\n]*\[AUTHENTICATION_FAILED\]\n$/)
    expect(wrong.stderr).not.toContain('wrong-key')
    expect(wrong.code).toBe(1)
    expect(await run(['chat', 'Hi', '--llm', llm, '--api-key', 'right'])).toMatchObject({ code: 0, stdout: 'Hello\n' })
    const env = { XINFERENCE_API_KEY: 'right' }
    expect(await run(['chat', 'Hi', '--llm', llm], { env })).toMatchObject({ code: 0, stdout: 'Hello\n' })
  })

  it('has another uid', async () => {
    const { code, stderr } = await run([
      'chat',
      'Hi',
      '--llm',
      (await serveModel(new ScriptedModel())).replace('/demo', '/qwen3'),
    ])
    expect(stderr).toMatch(/^headrace: [^\n]*"qwen3"; there are: demo\. \[MODEL_NOT_FOUND\]\n$/)
    expect(code).toBe(1)
  })

  it('fails in the middle of an answer: what came stays, and the stack is for those who ask', async () => {
    const llm = await serveModel(new ScriptedModel(['Half an ', new Error('out of memory')]))
    const plain = await run(['chat', 'Hi', '--llm', llm])
    expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 1, stdout: 'Half an \n' })
    expect(plain.stderr).toMatch(/^headrace: [^\n]*\[\w+\]\n$/)
    const json = await run(['chat', 'Hi', '--llm', llm, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { partial: { text: 'Half an ' } } })
    const debug = await run(['chat', 'Hi', '--llm', llm], { env: { HEADRACE_LOG: 'debug' } })
    expect(debug.stderr).toMatch(/^headrace: .*\n.*Error: .*\n {4}at /m)
  })
})

describe('leaving early', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops the model and exits with %i', async (signal, code) => {
    const model = new ScriptedModel(slowly)
    const command = start(['chat', 'Hi', '--llm', await serveModel(model)])
    await command.until(/word3/)
    const startedAt = performance.now()
    command.child.kill(signal)
    const finished = await command.finished
    expect(performance.now() - startedAt).toBeLessThan(2000)
    await model.aborted
    expect(finished).toMatchObject({ code, stderr: '' })
    expect(finished.stdout).toMatch(/^word0 word1 .*\n$/)
  })

  it('SIGINT with --json gives the partial answer', async () => {
    const model = new ScriptedModel(slowly)
    const command = start(['complete', 'Hi', '--json', '--llm', await serveModel(model)])
    await model.asked
    await sleep(200)
    command.child.kill('SIGINT')
    const { code, stdout } = await command.finished
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'ABORTED', partial: { text: expect.stringMatching(/^word0/) } },
    })
    expect(code).toBe(130)
  })

  it('a reader that goes away ends it quietly', async () => {
    const model = new ScriptedModel(slowly)
    const command = start(['chat', 'Hi', '--llm', await serveModel(model)])
    await command.until(/word3/)
    command.child.stdout?.destroy()
    await model.aborted
    expect(await command.finished).toMatchObject({ code: 0, stderr: '' })
  })

  it('Ctrl-C stops the embedded model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-cli-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'endless.gguf')
    await writeEndlessModel(path)
    const command = start(['complete', '--raw', 'Once', '--llm', `gguf:${path}`])
    await command.until(/./)
    const startedAt = performance.now()
    command.child.kill('SIGINT')
    expect(await command.finished).toMatchObject({ code: 130, stderr: '' })
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
