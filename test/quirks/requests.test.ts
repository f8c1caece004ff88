/** Quirks 8, 9, 25, 26 and 27: what is sent, and what comes back for it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { XinferenceClient } from '../../src/index.js'
import { detail, html, json, plainText } from '../support/http-bytes.js'
import { connectImpatient } from '../support/impatient-model.js'
import { errorOf } from '../support/outcome-of.js'
import { inTurn, type Script } from '../support/scripted-server.js'
import {
  chatRoute,
  chatStream,
  completionRoute,
  connect,
  listedModel,
  listRoute,
  realRuntime,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const

describe('quirk 8: a wrong request is answered with 500 as plain text', () => {
  it.each([
    [
      'a validation',
      '1 validation error for CreateChatCompletion temperature ensure this value is less than or equal to 2.0',
    ],
    ['a malformed body', 'Expecting value: line 1 column 1 (char 0)'],
  ])('is the fault of the request, and not sent again: %s', async (_what, reason) => {
    const bad = plainText(500, `Internal Server Error: ${reason}`)
    const server = await startXinference({ chat: inTurn(bad, chatStream('Hello')) })
    const { llm } = await connectImpatient(server)
    const error = await errorOf(llm.chat(question, { extraBody: { temperature: 3 } }))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', status: 500, isRetryable: false })
    expect(error.message).toContain(reason)
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })

  it('while a failure of the server stays one', async () => {
    const server = await startXinference({ chat: plainText(500, 'Internal Server Error') })
    expect(await errorOf(connect(server).chat(question))).toMatchObject({ code: 'SERVER_ERROR' })
  })
})

describe('quirk 9: null for an unset field crashes engines', () => {
  it('is never sent', async () => {
    const server = await startXinference()
    const llm = connect(server, { generationKwargs: { topP: undefined, stop: undefined } })
    const unset = {
      temperature: undefined,
      seed: undefined,
      tools: undefined,
      toolChoice: undefined,
      logprobs: undefined,
    }
    await llm.chat(question, unset)
    await llm.chat(question, { tools: [] })
    await llm.complete('Once', { raw: true, temperature: undefined, stop: undefined })
    const bodies = [...server.bodiesTo(chatRoute), ...server.bodiesTo(completionRoute)]
    expect(bodies).toHaveLength(3)
    expect(JSON.stringify(bodies)).not.toContain('null')
    expect(Object.keys(bodies[1] ?? {})).not.toContain('tools')
  })

  it('is refused before anything is sent', async () => {
    const server = await startXinference()
    expect(await errorOf(connect(server).chat(question, { temperature: null } as never))).toMatchObject({
      code: 'INVALID_OPTION',
      option: 'temperature',
    })
    expect(server.requests).toEqual([])
  })
})

describe('quirk 25: a web page instead of an answer', () => {
  it.each([
    ['the list', { routes: { [listRoute]: html(404) } }],
    ['a chat', { chat: html(404) }],
    ['a chat, with 400', { chat: html(400) }],
  ] as readonly (readonly [string, object])[])('for %s is WRONG_SERVER', async (_what, routes) => {
    const server = await startXinference(routes)
    const error = await errorOf(connect(server).chat(question))
    expect(error).toMatchObject({ code: 'WRONG_SERVER' })
    expect(error.message).toMatch(/web page: give Xinference's root/)
    expect(error.message).not.toContain('<')
  })
})

describe('quirk 26: clients that forget the key', () => {
  it('is sent with every request', async () => {
    const server = await startXinference({ routes: { 'GET /v1/models/my-qwen': json(200, listedModel) } })
    const apiKey = 'xf-0123456789'
    const llm = connect(server, { apiKey })
    await llm.chat(question)
    await llm.complete('Once', { raw: true })
    const client = new XinferenceClient({ endpoint: server.url, apiKey }, { runtime: realRuntime() })
    onTestFinished(() => client.close())
    await client.describeModel('my-qwen')
    const sent = server.requests.map(({ method, path, headers }) => [`${method} ${path}`, headers['authorization']])
    expect(new Set(sent.map(([route]) => route))).toEqual(
      new Set([listRoute, chatRoute, completionRoute, 'GET /v1/models/my-qwen']),
    )
    expect(new Set(sent.map(([, authorization]) => authorization))).toEqual(new Set([`Bearer ${apiKey}`]))
  })

  it('is asked for where the server wants one', async () => {
    const refused: Script = detail(401, 'Could not validate credentials')
    const error = await errorOf(connect(await startXinference({ routes: { [listRoute]: refused } })).load())
    expect(error).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining('XINFERENCE_API_KEY'),
    })
  })
})

describe('quirk 27: addresses of images are fetched by the server', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )

  it('so a file of this machine goes as a data URL', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-image-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const image = join(folder, 'dot.png')
    await writeFile(image, png)
    const server = await startXinference({ model: { model_ability: ['chat', 'vision'] } })
    await connect(server).chat([{ role: 'user', content: [{ type: 'image', image }] }])
    expect(server.bodiesTo(chatRoute)[0]?.['messages']).toEqual([
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } }],
      },
    ])
  })
})
