/**
 * The scripted server, in a process of its own: precomputed bytes over raw sockets, so that it takes as little as
 * possible of the machine that the clients are measured on. The first part of a path says how the answer comes:
 *
 * - `/json`: one JSON body
 * - `/coalesced`: an event stream cut every 16 KiB, wherever that falls, as a busy proxy forwards it
 * - `/token`: an event stream of one HTTP chunk and one write an event, the connections taking turns
 * - `/tgi-json`, `/tgi-coalesced`: the same on TGI's native routes
 *
 * Prints its port once it listens.
 */
import { type Socket, createServer } from 'node:net'

import { tgiInfo, tgiModels, tgiStreamEvents, tgiWholeAnswer } from './tgi-workload.js'
import { modelList, modelUid, streamEvents, streamTokens, wholeAnswer } from './workload.js'

const coalescedBytes = 16 * 1024

const json = (body: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 00:00:00 GMT\r\nserver: uvicorn\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncontent-type: application/json\r\n\r\n${body}`,
  )

const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 00:00:00 GMT\r\nserver: uvicorn\r\ncache-control: no-store\r\nx-accel-buffering: no\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n',
)
const streamTail = Buffer.from('0\r\n\r\n')

function httpChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

function cut(bytes: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = []
  for (let start = 0; start < bytes.length; start += coalescedBytes) {
    pieces.push(bytes.subarray(start, start + coalescedBytes))
  }
  return pieces
}

function coalesce(parts: readonly Buffer[]): Buffer {
  return Buffer.concat([streamHead, ...cut(Buffer.concat(parts)).map(httpChunk), streamTail])
}

const events = streamEvents(streamTokens).map((event) => Buffer.from(event))
const answers = {
  models: json(JSON.stringify(modelList)),
  model: json(JSON.stringify(modelList.data[0])),
  auth: json('{"auth":false}'),
  whole: json(JSON.stringify(wholeAnswer)),
  coalesced: coalesce(events),
}
const tgiAnswers = {
  models: json(JSON.stringify(tgiModels)),
  info: json(JSON.stringify(tgiInfo)),
  whole: json(JSON.stringify(tgiWholeAnswer)),
  coalesced: coalesce(tgiStreamEvents.map((event) => Buffer.from(event))),
}
const tokenWrites = [streamHead, ...events.map(httpChunk), streamTail]

/** The last body that was sent, so that a comparison can prove that both sides ask the same. */
let lastBody = ''

function answer(socket: Socket, path: string, body: string): void {
  if (path === '/last-body') {
    socket.write(json(JSON.stringify(lastBody)))
    return
  }
  const isTgi = path.startsWith('/tgi-')
  if (path.endsWith('/v1/models')) {
    socket.write((isTgi ? tgiAnswers : answers).models)
    return
  }
  if (path.endsWith(`/v1/models/${modelUid}`)) {
    socket.write(answers.model)
    return
  }
  if (path.endsWith('/v1/cluster/auth')) {
    socket.write(answers.auth)
    return
  }
  if (path.endsWith('/info')) {
    socket.write(tgiAnswers.info)
    return
  }
  lastBody = body
  if (isTgi) socket.write(path.endsWith('/generate_stream') ? tgiAnswers.coalesced : tgiAnswers.whole)
  else if (path.startsWith('/token/')) writeInTurns(socket, 0)
  else socket.write(path.startsWith('/coalesced/') ? answers.coalesced : answers.whole)
}

function writeInTurns(socket: Socket, index: number): void {
  const bytes = tokenWrites[index]
  if (bytes === undefined || socket.destroyed) return
  socket.write(bytes)
  setImmediate(writeInTurns, socket, index + 1)
}

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  let received = ''
  socket.on('data', (chunk) => {
    // Latin-1 keeps one character a byte, as content-length counts.
    received += chunk.toString('latin1')
    for (;;) {
      const headEnd = received.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const head = received.slice(0, headEnd)
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      const end = headEnd + 4 + length
      if (received.length < end) return
      const body = received.slice(headEnd + 4, end)
      received = received.slice(end)
      answer(socket, head.split(' ', 2)[1] ?? '/', body)
    }
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`)
})
process.stdin.resume().on('end', () => process.exit())
