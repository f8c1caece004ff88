import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { fixture } from '../support/fixtures.js'
import { openStream } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import { ProxyServer } from '../support/proxy-server.js'
import {
  chatChunk,
  chatRoute,
  connect,
  listedModel,
  realRuntime,
  startServer,
  startXinference,
} from '../support/xinference-server.js'

const question = [{ role: 'user', content: 'Hello?' }] as const
const tls = {
  key: fixture('tls/self-signed.key.pem').toString(),
  cert: fixture('tls/self-signed.cert.pem').toString(),
}
const caFile = fileURLToPath(new URL('../fixtures/tls/self-signed.cert.pem', import.meta.url))

describe('a proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('of %s forwards plain HTTP', async (variable) => {
    const server = await startXinference()
    const proxy = await ProxyServer.start()
    const llm = connect(server, { apiKey: 'xf-0123456789' }, realRuntime({ [variable]: proxy.url }))
    expect((await llm.chat(question)).text).toBe('Hello')
    expect((await llm.streamChat(question).response()).text).toBe('Hello')
    expect(proxy.requests).toEqual([
      `GET ${server.url}/v1/models`,
      `POST ${server.url}/v1/chat/completions`,
      `POST ${server.url}/v1/chat/completions`,
    ])
    expect(server.requests[1]?.headers).toMatchObject({
      host: new URL(server.url).host,
      authorization: 'Bearer xf-0123456789',
    })
  })

  it.each(['HTTPS_PROXY', 'https_proxy'])('of %s opens a tunnel for TLS', async (variable) => {
    const server = await startXinference({ tls })
    const proxy = await ProxyServer.start()
    const llm = connect(server, { caFile }, realRuntime({ [variable]: proxy.url }))
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT 127.0.0.1:${server.port}`]))
  })

  it.each([
    ['127.0.0.1', true],
    ['example.org,127.0.0.1', true],
    ['*', true],
    ['127.0.0.1:1', false],
    ['example.org', false],
    ['', false],
  ])('is left out for hosts of NO_PROXY: %j', async (value, isDirect) => {
    const server = await startXinference()
    for (const variable of ['NO_PROXY', 'no_proxy']) {
      const proxy = await ProxyServer.start()
      const llm = connect(server, {}, realRuntime({ HTTP_PROXY: proxy.url, [variable]: value }))
      await llm.load()
      expect(proxy.requests).toHaveLength(isDirect ? 0 : 1)
    }
  })

  it('is told of an aborted call, and tells the server', async () => {
    const server = await startXinference({ chat: [...openStream(chatChunk({ content: 'Hi' })), { end: 'hang' }] })
    const proxy = await ProxyServer.start()
    const llm = connect(server, { modelDescription: listedModel }, realRuntime({ HTTP_PROXY: proxy.url }))
    for await (const _part of llm.streamChat(question)) break
    await server.allSocketsClosed()
  })

  it('gets its credential, which nobody sees', async () => {
    const server = await startXinference()
    const open = await ProxyServer.start()
    const url = open.url.replace('http://', 'http://user:MARKED@')
    const llm = connect(server, {}, realRuntime({ HTTP_PROXY: url }))
    await llm.load()
    expect(open.authorizations).toEqual([`Basic ${Buffer.from('user:MARKED').toString('base64')}`])
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization')
    expect(inspect(llm, { depth: 20 })).not.toContain('MARKED')
  })

  it.each([407, 403])('that refuses with %i is an error', async (status) => {
    const server = await startXinference()
    const secure = await startXinference({ tls })
    const proxy = await ProxyServer.start(status)
    const url = proxy.url.replace('http://', 'http://user:MARKED@')
    for (const { url: endpoint } of [server, secure]) {
      const runtime = realRuntime({ HTTP_PROXY: url, HTTPS_PROXY: url, HEADRACE_LOG: 'debug' })
      const error = await errorOf(connect({ url: endpoint }, { caFile, maxRetries: 0 }, runtime).load())
      expect(error.code).toMatch(/^(CONNECTION_FAILED|PERMISSION_DENIED|INVALID_REQUEST)$/)
      expect(inspect(error, { depth: 20 }) + error.stack + runtime.lines.join('\n')).not.toMatch(
        /MARKED|dXNlcjpNQVJLRUQ/,
      )
    }
    expect([server.connectionCount, secure.connectionCount]).toEqual([0, 0])
  })

  it('that is not there is an error that names it', async () => {
    const server = await startXinference()
    const gone = await startServer({})
    const { url } = gone
    await gone.close()
    const error = await errorOf(connect(server, { maxRetries: 0 }, realRuntime({ HTTP_PROXY: url })).load())
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining(`${new URL(url).host}, the proxy for ${server.url}`),
    })
  })

  it('may be written without its scheme', async () => {
    const server = await startXinference()
    const proxy = await ProxyServer.start()
    await connect(server, {}, realRuntime({ HTTP_PROXY: new URL(proxy.url).host })).load()
    expect(proxy.requests).toHaveLength(1)
  })

  it.each(['not a url', 'http://user:MARKED@:3128', 'ftp://user:MARKED@proxy'])('of %s is an error', async (value) => {
    const server = await startXinference()
    const error = await errorOf(connect(server, {}, realRuntime({ HTTP_PROXY: value })).load())
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('HTTP_PROXY') })
    expect(inspect(error, { depth: 20 })).not.toContain('MARKED')
  })
})

describe('TLS', () => {
  it('with a certificate of caFile works', async () => {
    const server = await startXinference({ tls })
    const llm = connect(server, { caFile })
    expect((await llm.chat(question)).text).toBe('Hello')
    expect(llm.toJSON().config).toMatchObject({ caFile })
    await llm.unload()
    await server.allSocketsClosed()
  })

  it('with a certificate that nobody trusts is an error that says so', async () => {
    const server = await startXinference({ tls })
    const error = await errorOf(connect(server).load())
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(/certificate of https:\/\/127\.0\.0\.1:\d+ is not trusted .*caFile/),
    })
    expect(server.requests).toHaveLength(0)
    await server.allSocketsClosed()
  })

  it('with a certificate for another host is an error', async () => {
    const server = await startXinference({ tls })
    const url = `https://127.0.0.2:${server.port}`
    const other = connect({ url }, { caFile })
    expect(await errorOf(other.load())).toMatchObject({ code: 'CONNECTION_FAILED' })
  })

  it('with a file that is not there, or holds no certificate, is an error', async () => {
    const server = await startXinference({ tls })
    expect(await errorOf(connect(server, { caFile: '/nowhere/ca.pem' }).load())).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('/nowhere/ca.pem'),
    })
    const noPem = fileURLToPath(import.meta.url)
    const error = await errorOf(connect(server, { caFile: noPem, maxRetries: 0 }).load())
    expect(error).toMatchObject({ code: expect.stringMatching(/FILE_UNREADABLE|CONNECTION_FAILED/) })
  })

  it('where plain HTTP is spoken is an error', async () => {
    const server = await startXinference({ tls })
    const error = await errorOf(connect({ url: server.url.replace('https:', 'http:') }).load())
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', message: expect.stringMatching(/^http:.*closed/) })
  })

  it('aborts like plain HTTP', async () => {
    const server = await startXinference({ tls, chat: [...openStream(chatChunk({ content: 'Hi' })), { end: 'hang' }] })
    const llm = connect(server, { caFile, modelDescription: listedModel })
    for await (const _part of llm.streamChat(question)) break
    await server.allSocketsClosed()
    expect(server.requestsTo(chatRoute)).toHaveLength(1)
  })
})

describe('headers', () => {
  it('are sent with every request', async () => {
    const server = await startXinference()
    const llm = connect(server, { headers: { 'X-Tenant': '7', authorization: 'Basic Z2F0ZTp3YXk=' } })
    await llm.chat(question)
    expect(server.requests).toHaveLength(2)
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({ 'x-tenant': '7', authorization: 'Basic Z2F0ZTp3YXk=' })
    }
  })
})
