import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import { Answers } from './answers.js'
import { AnswerWriter } from './answer-writer.js'
import { type Change, parseChanges, Schedule, type ServerState } from './change.js'
import { blocksOf } from './engine-options.js'
import { Ledger } from './ledger.js'
import { type OpenAIRequest, readRequest, Refused } from './openai-request.js'
import { ScaledTime } from './scaled-time.js'
import type { Sequence } from './sequence.js'
import type { SimulatedServerOptions } from './server-options.js'
import { SimulatedEngine, type Step } from './simulated-engine.js'
import type { SimulatedTime } from './simulated-time.js'
import { type SimulationReport, toReport } from './simulation-report.js'
import { VllmMetrics } from './vllm-metrics.js'

/**
 * A server that answers as vLLM does and takes as long as a GPU would: a {@link SimulatedEngine} behind vLLM's routes.
 * Its time begins with the first request, or the first change. `GET /simulation` gives its own books, `POST /simulation` changes what it can
 * do: a {@link Change}, or a list of them.
 */
export class SimulatedServer {
  readonly #options: SimulatedServerOptions
  readonly #model: string
  readonly #maxModelLen: number
  readonly #answers: Answers
  readonly #onArrival: ((prompt: string) => void) | undefined
  readonly #engine: SimulatedEngine
  readonly #ledger: Ledger
  readonly #metrics = new VllmMetrics()
  readonly #time: SimulatedTime
  readonly #schedule = new Schedule()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Those that ask for `/simulation` now: they get their answer whatever becomes of the others. */
  readonly #controls = new Set<Socket>()
  readonly #writers = new Map<Sequence, AnswerWriter>()
  readonly #streams = new Set<AnswerWriter>()
  readonly #streamEveryMs: number
  #state: ServerState = 'up'
  #port = 0
  #requests = 0
  #wakesAtMs = Infinity
  #cancelWake: (() => void) | undefined
  #cancelFlush: (() => void) | undefined
  #isClosed = false

  private constructor(
    options: SimulatedServerOptions,
    time: SimulatedTime | undefined,
    onArrival: ((prompt: string) => void) | undefined,
  ) {
    this.#onArrival = onArrival
    const { model = 'simulated/model', maxModelLen = 8192, windowMs = 5000, changes = [] } = options
    this.#options = options
    this.#model = model
    this.#maxModelLen = maxModelLen
    this.#answers = new Answers(options)
    this.#engine = new SimulatedEngine(options, {
      onStart: (sequence) => {
        this.#ledger.started(sequence)
        this.#metrics.started(sequence)
      },
      onPreempt: () => this.#ledger.totals.preemptions++,
      onFirstToken: (sequence) => {
        this.#metrics.firstToken(sequence)
        this.#writers.get(sequence)?.begin()
      },
      onFinish: (sequence) => this.#finish(sequence),
      onStep: (step) => this.#stepped(step),
    })
    this.#ledger = new Ledger(this.#engine.physics, windowMs)
    this.#time = time ?? new ScaledTime(options.timeScale ?? 1, options.slackMs ?? 5)
    const { timeScale } = this.#time
    this.#streamEveryMs = options.streamEveryMs ?? (timeScale > 2 ? 50 * timeScale : 0)
    for (const change of changes) this.#schedule.add(change, 0)
    this.#server = createServer((request, response) => this.#serve(request, response))
    this.#server.on('connection', (socket) => {
      this.#time.note()
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#setWake()
  }

  /**
   * Listens until {@link close}.
   *
   * @param time - One that others share, instead of a time of its own by `timeScale`.
   * @param onArrival - Is told the prompt of every request that is let in.
   * @throws Error when the port is taken.
   */
  static async start(
    options: SimulatedServerOptions = {},
    time?: SimulatedTime,
    onArrival?: (prompt: string) => void,
  ): Promise<SimulatedServer> {
    const server = new SimulatedServer(options, time, onArrival)
    await server.#listen(options.port ?? 0)
    return server
  }

  /** `http://127.0.0.1:8000`; the same while it is gone. */
  get url(): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.#port}`
  }

  /** Its books; the part of them between two points of simulated time is in `span`. */
  report(fromMs = 0, toMs = Infinity): SimulationReport {
    this.#sync()
    return toReport(
      {
        engine: this.#engine,
        ledger: this.#ledger,
        time: this.#time,
        state: this.#state,
      },
      fromMs,
      toMs,
    )
  }

  /** Makes something happen, now or when the change says. Where no request has come yet, time begins with it. */
  change(...changes: readonly Change[]): void {
    this.#time.start()
    const nowMs = this.#sync()
    for (const change of changes) this.#schedule.add(change, nowMs)
    this.#sync()
  }

  /** Cuts what is under way, and frees the port. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelWake?.()
    this.#cancelFlush?.()
    this.#controls.clear()
    await this.#stopListening()
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      // As many connections at once as any client may open.
      this.#server.listen({ port, host: this.#options.host ?? '127.0.0.1', backlog: 4096 }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async #stopListening(): Promise<void> {
    const isClosed = new Promise((resolve) => this.#server.close(resolve))
    this.#reset()
    await isClosed
  }

  #reset(): void {
    for (const socket of this.#sockets) if (!this.#controls.has(socket)) socket.resetAndDestroy()
  }

  /** Brings the simulation to the present. @returns simulated milliseconds. */
  #sync(): number {
    const nowMs = this.#time.now()
    for (;;) {
      const change = this.#schedule.takeDue(nowMs)
      if (change === undefined) break
      this.#engine.advance(change.atMs)
      this.#apply(change)
    }
    this.#engine.advance(nowMs)
    this.#setWake()
    return nowMs
  }

  #setWake(): void {
    const nextMs = Math.min(this.#engine.nextEventMs ?? Infinity, this.#schedule.nextMs ?? Infinity)
    if (nextMs === this.#wakesAtMs) return
    this.#cancelWake?.()
    this.#cancelWake = undefined
    this.#wakesAtMs = nextMs
    if (nextMs === Infinity || this.#isClosed) return
    const wake = (): void => {
      this.#wakesAtMs = Infinity
      this.#sync()
    }
    this.#cancelWake = this.#time.setTimer(wake, nextMs - this.#time.now())
  }

  #apply({ atMs, capacity, speed, state = this.#state }: Change & { readonly atMs: number }): void {
    this.#engine.change({ ...(capacity === undefined ? {} : { capacity }), ...(speed === undefined ? {} : { speed }) })
    if (state !== this.#state) this.#enter(state)
    const now = this.#engine.capacity
    this.#ledger.changed(atMs, this.#state === 'up' ? now : { ...now, speed: 0 })
  }

  #enter(state: ServerState): void {
    const wasGone = this.#state === 'gone'
    if (this.#state === 'up') {
      this.#engine.crash()
      for (const { sequence } of this.#writers.values()) this.#ledger.wasted(sequence, 'lost')
      this.#writers.clear()
      this.#streams.clear()
      this.#metrics.restart(this.#ledger.totals)
    }
    this.#state = state
    if (state === 'gone') void this.#stopListening()
    else {
      this.#reset()
      if (wasGone) void this.#listen(this.#port)
    }
  }

  #stepped(step: Step): void {
    this.#ledger.stepped(step)
    if (this.#streamEveryMs === 0) this.#flush()
  }

  #flush(): void {
    for (const writer of this.#streams) writer.flush()
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '/' } = request
    this.#time.note()
    const { pathname, searchParams } = new URL(url, 'http://simulated')
    const isControl = pathname === '/simulation'
    if (this.#state === 'resetting' && !isControl) {
      request.socket.resetAndDestroy()
      return
    }
    if (isControl) this.#keep(request.socket, response)
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      this.#time.note()
      if (response.destroyed) return
      try {
        if (this.#state === 'starting' && !isControl) throw new Refused(503, 'The server is starting.')
        this.#route(`${method} ${pathname}`, searchParams, text, response)
      } catch (error) {
        const status = error instanceof Refused ? error.status : 400
        sendJson(response, status, errorBody(status, error instanceof Error ? error.message : String(error)))
      }
    })
  }

  #keep(socket: Socket, response: ServerResponse): void {
    this.#controls.add(socket)
    // Its connection must not outlive the others by more than its answer.
    response.setHeader('connection', 'close')
    response.on('close', () => this.#controls.delete(socket))
  }

  #route(route: string, parameters: URLSearchParams, text: string, response: ServerResponse): void {
    switch (route) {
      case 'POST /v1/chat/completions':
        this.#generate(readRequest('chat', text, this.#model), response)
        return
      case 'POST /v1/completions':
        this.#generate(readRequest('completion', text, this.#model), response)
        return
      case 'GET /v1/models':
        sendJson(response, 200, this.#models)
        return
      case 'GET /version':
        sendJson(response, 200, { version: this.#options.version ?? '0.12.0' })
        return
      case 'GET /health':
        response.end()
        return
      case 'GET /metrics':
        if (this.#options.hasMetrics === false) break
        this.#sync()
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(this.#metricsText)
        return
      case 'GET /simulation': {
        const at = (name: string): number | undefined =>
          parameters.has(name) ? Number(parameters.get(name)) : undefined
        sendJson(response, 200, this.report(at('from'), at('to')))
        return
      }
      case 'POST /simulation':
        this.change(...parseChanges(JSON.parse(text)))
        sendJson(response, 200, this.report())
        return
    }
    sendJson(response, 404, { detail: 'Not Found' })
  }

  get #models(): unknown {
    const model = { id: this.#model, object: 'model', created: 1_790_000_000, owned_by: 'vllm', root: this.#model }
    return { object: 'list', data: [{ ...model, parent: null, max_model_len: this.#maxModelLen, permission: [] }] }
  }

  get #metricsText(): string {
    const { running, waiting, cacheUsage, physics, capacity } = this.#engine
    const cacheBlocks = blocksOf(physics, capacity)
    return this.#metrics.text(this.#ledger.totals, { model: this.#model, running, waiting, cacheUsage, cacheBlocks })
  }

  #generate(request: OpenAIRequest, response: ServerResponse): void {
    const { promptTokens, maxTokens = Infinity, minTokens, ignoresEnd, seed, stops, prompt } = request
    const room = this.#maxModelLen - promptTokens
    const asked = maxTokens === Infinity ? 0 : maxTokens
    if (room < Math.max(1, asked)) {
      throw new Refused(
        400,
        `This model's maximum context length is ${this.#maxModelLen} tokens. However, you requested ${promptTokens + asked} tokens (${promptTokens} in the messages, ${asked} in the completion).`,
      )
    }
    this.#time.start()
    const nowMs = this.#sync()
    const { maxQueued = Infinity, rejectStatus = 503 } = this.#options
    if (this.#engine.waiting >= maxQueued) {
      this.#ledger.rejected(nowMs)
      throw new Refused(rejectStatus, 'The request queue is full')
    }
    const drawn = this.#answers.draw(prompt, seed, stops)
    const limit = Math.min(maxTokens, room)
    const goesOn = ignoresEnd && drawn.stopsAt === undefined
    const tokens = goesOn ? limit : Math.min(limit, Math.max(minTokens, drawn.tokens))
    const sequence = this.#engine.submit({ promptTokens, outputTokens: tokens })
    this.#ledger.arrived(sequence)
    this.#onArrival?.(prompt)
    const id = `${request.kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${++this.#requests}`
    const writer = new AnswerWriter(response, request, sequence, this.#answers, drawn, {
      id,
      model: this.#model,
      created: Math.floor(Date.now() / 1000),
    })
    this.#writers.set(sequence, writer)
    if (request.streams) this.#addStream(writer)
    response.on('close', () => {
      this.#time.note()
      if (!response.writableFinished) this.#abort(writer)
    })
    this.#setWake()
  }

  #addStream(writer: AnswerWriter): void {
    this.#streams.add(writer)
    if (this.#streamEveryMs === 0 || this.#cancelFlush !== undefined) return
    const flush = (): void => {
      this.#flush()
      this.#cancelFlush = this.#streams.size === 0 ? undefined : this.#time.setTimer(flush, this.#streamEveryMs)
    }
    this.#cancelFlush = this.#time.setTimer(flush, this.#streamEveryMs)
  }

  #finish(sequence: Sequence): void {
    const { nowMs } = this.#engine
    this.#ledger.finished(nowMs)
    const writer = this.#writers.get(sequence)
    if (writer === undefined) return
    this.#writers.delete(sequence)
    this.#streams.delete(writer)
    const reason = writer.isCut ? 'length' : 'stop'
    this.#metrics.ended(sequence, reason, nowMs)
    writer.finish(reason)
  }

  /** The client has left: vLLM stops generating for it. */
  #abort(writer: AnswerWriter): void {
    const { sequence } = writer
    const nowMs = this.#sync()
    if (!this.#writers.delete(sequence)) return
    this.#streams.delete(writer)
    this.#engine.abort(sequence)
    this.#ledger.wasted(sequence, 'aborted')
    this.#metrics.ended(sequence, 'abort', nowMs)
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
}

function errorBody(status: number, message: string): unknown {
  const types: Readonly<Record<number, string>> = {
    400: 'BadRequestError',
    404: 'NotFoundError',
    429: 'RateLimitError',
  }
  return { error: { message, type: types[status] ?? 'ServiceUnavailableError', param: null, code: status } }
}
