import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

import { LlamaCpp } from 'headrace/llama-cpp'
import { type LLMServer, serve, type ServeOptions } from 'headrace/serve'

import { demoModelPath } from './demo-server.js'

/** The tokenizer and the chat template of the demo model. */
export const demoTokenizer: string = fileURLToPath(new URL('../../models/demo', import.meta.url))

const apiKey = 'hf_demo'

/** What a client is told to reach one of the servers below. */
type Demo<T> = T & AsyncDisposable

/** A TGI server over the demo model. */
export async function demoTgi(): Promise<Demo<{ baseUrl: string; apiKey: string }>> {
  const server = await serveDemo({ as: 'tgi' })
  return { baseUrl: server.url, apiKey, [Symbol.asyncDispose]: server.close }
}

/** A server as Hugging Face's router is one, for conversations alone, with the demo model under another one's name. */
export async function demoRouter(modelId: string): Promise<Demo<{ routerUrl: string; apiKey: string }>> {
  const server = await serveDemo({ as: 'openai', completions: false, modelUid: modelId })
  return { routerUrl: server.url, apiKey, [Symbol.asyncDispose]: server.close }
}

/** A dedicated endpoint that sleeps, behind a management API; it is a TGI server over the demo model. */
export async function demoEndpoint(
  namespace: string,
  name: string,
): Promise<Demo<{ managementUrl: string; apiKey: string }>> {
  const endpoint = await serveDemo({ as: 'tgi' })
  let state = 'scaledToZero'
  const management = createServer((request, response) => {
    const path = `/v2/endpoint/${namespace}/${name}`
    const isKnown = request.url === path || request.url === `${path}/resume`
    const status = request.headers.authorization !== `Bearer ${apiKey}` ? 401 : isKnown ? 200 : 404
    if (status === 200 && request.method === 'POST') state = 'running'
    const body = {
      name,
      type: 'protected',
      healthRoute: '/health',
      model: { repository: 'headrace/demo', image: { tgi: { port: 80, healthRoute: '/health' } } },
      status: { state, message: `Endpoint is ${state}`, url: endpoint.url },
    }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? body : { error: 'Not found, or not yours' }))
  })
  await new Promise<void>((resolve) => management.listen(0, '127.0.0.1', resolve))
  const { port } = management.address() as AddressInfo
  return {
    managementUrl: `http://127.0.0.1:${port}/v2`,
    apiKey,
    async [Symbol.asyncDispose]() {
      management.close()
      await endpoint.close()
    },
  }
}

async function serveDemo(options: ServeOptions): Promise<Pick<LLMServer, 'url' | 'close'>> {
  const llm = await new LlamaCpp({ modelPath: demoModelPath }).load()
  const server = await serve(llm, { port: 0, apiKey, ...options })
  const close = async (): Promise<void> => {
    await server.close()
    await llm.unload()
  }
  return { url: server.url, close }
}
