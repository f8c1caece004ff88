import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'

import type { ChatMessage } from '../../src/contract/message.js'
import type { LLMMetadata } from '../../src/contract/metadata.js'
import type { CallOptions, CompleteOptions } from '../../src/contract/options.js'
import type { ChatResponse, CompletionResponse } from '../../src/contract/response.js'
import type { ChatStream, ChatStreamPart, CompletionStream, LLMStream } from '../../src/contract/stream-part.js'
import { AbortedError } from '../../src/errors/aborted-error.js'
import type { ServedModel } from '../../src/serve/served-model.js'

/** A model that does what it is told: text, a whole part, an error, or waiting for something outside. */
export type Step = string | (Partial<ChatStreamPart> & Pick<ChatStreamPart, 'type'>) | Error | Promise<unknown>

export interface Call {
  readonly input: readonly ChatMessage[] | string
  readonly options: CompleteOptions
}

const metadata: LLMMetadata = {
  contextWindow: 2048,
  contextWindowSource: 'engine',
  numOutput: undefined,
  modelName: 'demo',
  isChatModel: true,
  isFunctionCallingModel: false,
  isVisionModel: false,
}

export class ScriptedModel implements ServedModel {
  readonly metadata: LLMMetadata
  readonly calls: Call[] = []
  /** Resolves when the first call begins. */
  readonly asked: Promise<Call>
  /** Resolves when the signal of a call is aborted. */
  readonly aborted: Promise<void>
  loads = 0
  /** Parts that were taken from the streams. */
  taken = 0
  #onAsked: (call: Call) => void = () => {}
  #onAborted: () => void = () => {}
  readonly #steps: () => Iterable<Step>
  readonly #response: Partial<ChatResponse>

  constructor(
    steps: Iterable<Step> | (() => Iterable<Step>) = ['Hel', 'lo'],
    response: Partial<ChatResponse> = {},
    about: Partial<LLMMetadata> = {},
  ) {
    this.metadata = { ...metadata, ...about }
    this.#steps = typeof steps === 'function' ? steps : () => steps
    this.#response = response
    this.asked = new Promise((resolve) => (this.#onAsked = resolve))
    this.aborted = new Promise((resolve) => (this.#onAborted = resolve))
  }

  async load(): Promise<this> {
    this.loads++
    return this
  }

  async chat(messages: readonly ChatMessage[], options: CallOptions = {}): Promise<ChatResponse> {
    return this.streamChat(messages, options).response()
  }

  streamChat(messages: readonly ChatMessage[], options: CallOptions = {}): ChatStream {
    return this.#stream({ input: messages, options })
  }

  async complete(prompt: string, options: CompleteOptions = {}): Promise<CompletionResponse> {
    return this.streamComplete(prompt, options).response()
  }

  streamComplete(prompt: string, options: CompleteOptions = {}): CompletionStream {
    return this.#stream({ input: prompt, options }) as CompletionStream
  }

  #stream(call: Call): LLMStream<ChatStreamPart, ChatResponse> {
    const parts = this.#run(call)
    return {
      [Symbol.asyncIterator]: () => parts,
      response: async () => {
        for await (const part of parts) if (part.type === 'finish') return part.response
        throw new Error('The script has no end.')
      },
    }
  }

  async *#run(call: Call): AsyncGenerator<ChatStreamPart, undefined, undefined> {
    this.calls.push(call)
    this.#onAsked(call)
    const { signal } = call.options
    const abortion = new Promise<never>((_, reject) => {
      const abort = (): void => {
        this.#onAborted()
        reject(new AbortedError('The call was aborted.'))
      }
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort)
    })
    abortion.catch(() => {})
    let text = ''
    for (const step of this.#steps()) {
      if (signal?.aborted) await abortion
      if (step instanceof Error) throw step
      if (step instanceof Promise) {
        await Promise.race([step, abortion])
        continue
      }
      const part = typeof step === 'string' ? { type: 'text' as const, delta: step } : step
      text += part.delta ?? ''
      this.taken++
      yield { delta: '', text, ...part } as ChatStreamPart
    }
    const response = { ...whole, text, ...this.#response }
    yield { type: 'finish', delta: '', text, response }
  }
}

const whole: ChatResponse = {
  text: '',
  reasoning: undefined,
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11 },
  logprobs: undefined,
  model: 'demo',
  seed: undefined,
  route: 'chat',
  warnings: [],
  timings: { firstTokenMs: 1, totalMs: 2, attempts: 1 },
  raw: undefined,
  message: { role: 'assistant', content: '' },
  toolCalls: [],
  parsed: undefined,
  alternatives: [],
}

/** A promise that the test settles. */
export interface Gate {
  readonly passed: Promise<void>
  readonly open: () => void
}

export function createGate(): Gate {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { passed, open }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One request on a connection of its own. A body that is not text is sent as JSON. */
export function send(
  port: number,
  method: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, method, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
  })
}

/** A bare socket, with everything that it received. */
export interface RawClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  received(): string
  /** Resolves once the received bytes contain this. */
  until(text: string): Promise<void>
}

export async function openSocket(port: number, bytes?: string): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => (received += chunk))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise((resolve) => socket.once('connect', resolve))
  if (bytes !== undefined) socket.write(bytes)
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!received.includes(text)) return
        socket.off('data', look)
        resolve()
      }
      socket.on('data', look)
      socket.once('close', () => reject(new Error(`The socket closed before ${text}: ${received}`)))
      look()
    })
  return { socket, closed, received: () => received, until }
}

/** The bytes of a POST. */
export function post(path: string, body: unknown, headers = ''): string {
  const json = JSON.stringify(body)
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(json)}\r\n${headers}\r\n${json}`
}
