/** Plain requests to the engine Transformers, which a closed connection does not stop. */
import { describe, expect, it } from 'vitest'

import { detail, json } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { createGate } from '../support/scripted-model.js'
import type { Answer, Script, ScriptedServer } from '../support/scripted-server.js'
import { chatAnswer, chatRoute, connect, startXinference } from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const abortPath = /^\/v1\/models\/my-qwen\/requests\/([0-9a-f-]{36})\/abort$/
const hanging: Script = [{ end: 'hang' }]

async function serving(
  chat: Answer,
  model_engine: string,
  abort: Answer = json(200, { msg: 'DONE' }),
): Promise<ScriptedServer> {
  return startXinference({ chat, model: { model_engine }, routes: { '*': abort } })
}

const aborts = (server: ScriptedServer): readonly string[] =>
  server.requests.filter(({ path }) => path.endsWith('/abort')).map(({ path }) => path)

describe('an aborted call of Transformers', () => {
  it('that was asked for whole is stopped by its id, before the model is unloaded', async () => {
    const server = await serving(hanging, 'Transformers')
    const llm = connect(server)
    const stop = new AbortController()
    const failure = errorOf(llm.chat(question, { wireMode: 'json', signal: stop.signal }))
    await server.received(chatRoute)
    stop.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await llm.unload()
    const id = server.bodiesTo(chatRoute)[0]?.['request_id']
    expect(aborts(server).map((path) => abortPath.exec(path)?.[1])).toEqual([id])
    expect(server.requests.at(-1)).toMatchObject({ method: 'POST', body: '{}' })
    await server.allSocketsClosed()
  })

  it('is stopped at a timeout as well', async () => {
    const server = await serving(hanging, 'Transformers')
    const llm = connect(server, { maxRetries: 0 })
    const error = await errorOf(llm.chat(question, { wireMode: 'json', timeouts: { totalMs: 50 } }))
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    await llm.unload()
    expect(aborts(server)).toHaveLength(1)
  })

  it.each([
    ['refuses', detail(403, 'Not enough permissions')],
    ['breaks off', [{ end: 'reset' }]],
  ] as readonly (readonly [string, Script])[])('ends in the same way when the server %s', async (_what, abort) => {
    const server = await serving(hanging, 'Transformers', abort)
    const llm = connect(server)
    const stop = new AbortController()
    const failure = errorOf(llm.chat(question, { wireMode: 'json', signal: stop.signal }))
    await server.received(chatRoute)
    stop.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED' })
    await llm.unload()
    expect(aborts(server)).toHaveLength(1)
  })

  it('has the id of its caller, who stops it himself', async () => {
    const server = await serving(hanging, 'Transformers')
    const llm = connect(server)
    const stop = new AbortController()
    const extraBody = { request_id: 'mine' }
    const failure = errorOf(llm.chat(question, { wireMode: 'json', signal: stop.signal, extraBody }))
    await server.received(chatRoute)
    stop.abort()
    await failure
    await llm.unload()
    expect(server.bodiesTo(chatRoute)[0]).toMatchObject({ request_id: 'mine' })
    expect(aborts(server)).toEqual([])
  })

  it.each([
    ['streams', 'Transformers', 'stream'],
    ['is of another engine', 'llama.cpp', 'json'],
  ] as const)('is not stopped so when it %s', async (_what, engine, wireMode) => {
    const server = await serving(hanging, engine)
    const llm = connect(server)
    const stop = new AbortController()
    const failure = errorOf(llm.chat(question, { wireMode, signal: stop.signal }))
    await server.received(chatRoute)
    stop.abort()
    await failure
    await llm.unload()
    expect(server.bodiesTo(chatRoute)[0]).not.toHaveProperty('request_id')
    expect(aborts(server)).toEqual([])
  })

  it('that is complete is not stopped', async () => {
    const gate = createGate()
    const server = await serving([{ until: gate.passed }, ...chatAnswer('ok')], 'Transformers')
    const llm = connect(server)
    const stop = new AbortController()
    const answer = llm.chat(question, { wireMode: 'json', signal: stop.signal })
    gate.open()
    expect((await answer).text).toBe('ok')
    stop.abort()
    await llm.unload()
    expect(aborts(server)).toEqual([])
  })
})
