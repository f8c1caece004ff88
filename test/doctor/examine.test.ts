/** Honest servers and lying ones: each lie is found by asking, and named. */
import { fileURLToPath } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import { examine } from '../../src/doctor/examine.js'
import type { Finding } from '../../src/doctor/finding.js'
import { InferenceEndpointsLLM, type InferenceEndpointsOptions } from '../../src/index.js'
import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { json } from '../support/http-bytes.js'
import { ScriptedServer } from '../support/scripted-server.js'
import type { Answer, Asked, Json } from '../support/servers/engine-server.js'
import { TgiServer } from '../support/servers/tgi.js'
import { VllmServer } from '../support/servers/vllm.js'
import { realRuntime } from '../support/xinference-server.js'

const tokenizerId = fileURLToPath(new URL('../../models/demo', import.meta.url))

async function findings(options: InferenceEndpointsOptions): Promise<Readonly<Record<string, Finding>>> {
  const llm = new InferenceEndpointsLLM(options, { runtime: realRuntime() })
  onTestFinished(() => llm.unload())
  const found: Record<string, Finding> = {}
  for await (const finding of examine(llm)) found[finding.name] = finding
  return found
}

const verdicts = (found: Readonly<Record<string, Finding>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(found).map(([name, { verdict }]) => [name, verdict]))

/** What a constrained model writes: by the constraint that a request carries, wherever it stands. */
const obedient: Answer = ({ body }) => {
  const text = JSON.stringify(body)
  if (text.includes('[0-9]{3}')) return ['zq1', '23zq']
  if (/root ::=/.test(text)) return ['zq12zq']
  if (/"choice"|zqa\|zqb/.test(text)) return ['zqa']
  if (text.includes('"zq"')) return ['{"zq": 1, ', '"qz": "zqa"}']
  return ['One ', 'two ', 'three ', 'four']
}

const stubborn: Answer = () => ['One ', 'two ', 'three ', 'four']

describe('an honest server', () => {
  it('TGI: all that it claims works', async () => {
    const server = await TgiServer.start({ answer: obedient })
    const found = verdicts(await findings({ baseUrl: server.url }))
    expect(found).toMatchObject({
      chat: 'works',
      'chat-usage': 'works',
      'chat-stream': 'works',
      'chat-stream-usage': 'works',
      completion: 'works',
      'completion-usage': 'works',
      'completion-stream': 'works',
      logprobs: 'works',
      seed: 'works',
      tools: 'works',
      'json (chat)': 'works',
      'json (completion)': 'works',
      'regex (chat)': 'works',
      'regex (completion)': 'works',
      grammar: 'not-offered',
      bos: 'unknown',
    })
    expect(Object.values(found)).not.toContain('lies')
    expect(Object.values(found)).not.toContain('refused')
  })

  it('the embedded engine: all that it claims works', async () => {
    await using llm = new LlamaCpp({ modelPath: `${tokenizerId}/demo.gguf` })
    const found: Record<string, string> = {}
    for await (const { name, verdict } of examine(llm)) found[name] = verdict
    expect(found).toMatchObject({ chat: 'works', completion: 'works', seed: 'works', stop: 'works', logprobs: 'works' })
    expect(Object.values(found).filter((verdict) => !['works', 'not-offered'].includes(verdict))).toEqual([])
  })
})

describe('a lie', () => {
  it('a TGI without grammars is named', async () => {
    const server = await TgiServer.start({ answer: obedient, supportsGrammar: false })
    const found = await findings({ baseUrl: server.url })
    expect(found['json (completion)']).toMatchObject({ verdict: 'refused', message: expect.stringMatching(/grammar/i) })
    expect(found['regex (chat)']).toMatchObject({ verdict: 'refused' })
    expect(found['chat']).toMatchObject({ verdict: 'works' })
  })

  it('a vLLM that ignores guided_json and its kin is named', async () => {
    const server = await VllmServer.start({ answer: stubborn, version: '0.10.0' })
    const found = await findings({ baseUrl: server.url })
    for (const name of ['json (chat)', 'regex (chat)', 'regex (completion)', 'choice (chat)']) {
      expect(found[name]).toMatchObject({
        verdict: 'lies',
        message: expect.stringMatching(/ignores it \(it wrote "One two/),
      })
    }
    expect(found['regex (chat)']?.message).toContain('guided_regex')
  })

  const list = json(200, { object: 'list', data: [{ id: 'm', object: 'model', owned_by: 'vllm', max_model_len: 512 }] })
  const completion = (usage: unknown): ReturnType<typeof json> =>
    json(200, { choices: [{ index: 0, text: 'One two three', finish_reason: 'stop' }], usage })
  const chat = json(200, {
    choices: [{ index: 0, message: { role: 'assistant', content: 'One two three' }, finish_reason: 'stop' }],
  })

  async function scripted(promptTokens: number | undefined): Promise<ScriptedServer> {
    const usage =
      promptTokens === undefined ? undefined : { prompt_tokens: promptTokens, completion_tokens: 3, total_tokens: 9 }
    const server = await ScriptedServer.start({
      routes: {
        'GET /v1/models': list,
        'GET /version': json(200, { version: '0.11.0' }),
        'POST /v1/chat/completions': chat,
        'POST /v1/completions': completion(usage),
      },
    })
    onTestFinished(() => server.close())
    return server
  }

  it('no usage, and no logprobs, are named', async () => {
    const { url } = await scripted(undefined)
    const found = await findings({ baseUrl: url, tokenizerId })
    expect(found['chat-usage']).toMatchObject({
      verdict: 'missing',
      message: expect.stringContaining("prompt's and the answer's"),
    })
    expect(found['completion-usage']).toMatchObject({ verdict: 'missing' })
    expect(found['logprobs']).toMatchObject({ verdict: 'lies' })
    expect(found['bos']).toMatchObject({ verdict: 'unknown' })
  })

  it('a doubled BOS, and a tokenizer of another model, are named', async () => {
    const probe = new InferenceEndpointsLLM(
      { baseUrl: (await scripted(1)).url, tokenizerId },
      { runtime: realRuntime() },
    )
    const tokens = await probe.countTokens([{ role: 'user', content: 'Name three animals.' }])
    await probe.unload()
    const bosOf = async (served: number): Promise<Finding | undefined> =>
      (await findings({ baseUrl: (await scripted(served)).url, tokenizerId }))['bos']
    expect(await bosOf(tokens)).toMatchObject({ verdict: 'works' })
    expect(await bosOf(tokens + 1)).toMatchObject({ verdict: 'lies', message: expect.stringContaining('BOS') })
    expect(await bosOf(tokens + 5)).toMatchObject({
      verdict: 'lies',
      message: expect.stringContaining('not the server'),
    })
  })

  it('a seed that does not hold, and a stop string that is ignored, are named', async () => {
    let count = 0
    const forgetful: Answer = ({ body }: Asked) =>
      mentions(body, 'seed') ? [`answer ${count++}`] : ['One two three four']
    const server = await VllmServer.start({ answer: forgetful })
    expect((await findings({ baseUrl: server.url }))['seed']).toMatchObject({ verdict: 'lies' })
    const { url } = await scripted(5)
    expect((await findings({ baseUrl: url }))['stop']).toMatchObject({
      verdict: 'lies',
      message: expect.stringContaining('cut answers'),
    })
  })
})

function mentions(body: Json, field: string): boolean {
  return body[field] !== undefined
}
