/**
 * The server of the soak, in a process of its own: an Xinference whose answers take 20 to 60 ms, with now and then one that fails, cuts
 * its stream or says nothing. Prints its port.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const model = {
  id: 'soak',
  object: 'model',
  model_type: 'LLM',
  model_name: 'soak',
  model_ability: ['chat'],
  model_format: 'ggufv2',
  context_length: 32768,
  model_engine: 'llama.cpp',
  replica: 1,
}
const usage = { prompt_tokens: 5, completion_tokens: 20, total_tokens: 25 }
const whole = JSON.stringify({
  id: 'chatcmpl-soak',
  object: 'chat.completion',
  created: 0,
  model: 'soak',
  choices: [{ index: 0, message: { role: 'assistant', content: 'word '.repeat(20) }, finish_reason: 'stop' }],
  usage,
})
const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-soak', object: 'chat.completion.chunk', created: 0, model: 'soak', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const pieces = Array.from({ length: 20 }, () => chunk({ content: 'word ' }, null))
const lastPieces = `${chunk({}, 'stop')}data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 0, model: 'soak', choices: [], usage })}\n\ndata: [DONE]\n\n`

let count = 0

function json(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

function answer(response: ServerResponse, isStream: boolean): void {
  const number = count++
  if (number % 97 === 13) {
    json(response, 500, '{"detail":"CUDA error"}')
    return
  }
  if (!isStream) {
    json(response, 200, whole)
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const piece of pieces.slice(0, 10)) response.write(piece)
  if (number % 89 === 7) {
    response.destroy()
    return
  }
  setTimeout(() => {
    for (const piece of pieces.slice(10)) response.write(piece)
    response.end(lastPieces)
  }, 20)
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => {
    if (request.url?.startsWith('/v1/models') === true) {
      json(response, 200, JSON.stringify({ object: 'list', data: [model] }))
      return
    }
    const { stream } = JSON.parse(body === '' ? '{}' : body) as { stream?: boolean }
    setTimeout(() => answer(response, stream === true), 20)
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.resume().on('end', () => process.exit())
