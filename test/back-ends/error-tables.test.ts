/** Every documented error of the services of Hugging Face and of TGI: its code, whether it is sent again, whether it ends a run. */
import { describe, expect, it, onTestFinished } from 'vitest'

import {
  EndpointsClient,
  type ErrorCode,
  InferenceEndpointsLLM,
  type InferenceEndpointsOptions,
} from '../../src/index.js'
import { json, stream, whole } from '../support/http-bytes.js'
import { errorOf } from '../support/outcome-of.js'
import type { Script } from '../support/scripted-server.js'
import { realRuntime, startServer } from '../support/xinference-server.js'
import { ask } from './ask.js'

type Outcome = 'retried' | 'waited' | 'fails' | 'fails the run'

/** `said`: what of the body must stand in the message. */
type Row = readonly [status: number, body: unknown, code: ErrorCode, outcome: Outcome, said?: string]

/** With what a test is named by in front. */
function named(rows: readonly Row[]): (readonly [status: number, body: unknown, row: Row])[] {
  return rows.map((row) => [row[0], row[1], row])
}

const page = '<!DOCTYPE html><html><title>Oops</title></html>'

/** The bytes of an answer; a body that is a string is one in plain text, or a web page. */
function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Script {
  if (typeof body !== 'string') return json(status, body, headers)
  return whole(status, body === page ? 'text/html' : 'text/plain; charset=utf-8', body, headers)
}

const classOf = (outcome: Outcome): object => ({
  isRetryable: outcome === 'retried' || outcome === 'waited',
  isFatal: outcome === 'fails the run',
})

async function connect(options: InferenceEndpointsOptions): Promise<InferenceEndpointsLLM> {
  const llm = new InferenceEndpointsLLM({ maxRetries: 0, waitTimeoutMs: 0, ...options }, { runtime: realRuntime() })
  onTestFinished(() => llm.unload())
  return llm
}

describe('the API of Inference Endpoints', () => {
  const rows: readonly Row[] = [
    [
      401,
      { error: 'Invalid credentials in Authorization header' },
      'AUTHENTICATION_FAILED',
      'fails the run',
      'Invalid credentials',
    ],
    [403, { error: 'insufficient permissions' }, 'PERMISSION_DENIED', 'fails the run', 'insufficient permissions'],
    [404, { error: 'Endpoint chat not found' }, 'MODEL_NOT_FOUND', 'fails the run', 'Endpoint chat not found'],
    [400, { error: 'Bad Request: Invalid state' }, 'INVALID_REQUEST', 'fails', 'Invalid state'],
    [409, { error: 'Conflict: name already exists' }, 'INVALID_REQUEST', 'fails', 'already exists'],
    [429, { error: 'Too many requests' }, 'RATE_LIMITED', 'retried'],
    [500, { error: 'Internal error' }, 'SERVER_ERROR', 'retried'],
    [503, page, 'SERVER_ERROR', 'retried', 'a web page'],
    // Where the reason may stand.
    [400, { error: ['one', 'two'] }, 'INVALID_REQUEST', 'fails', 'one; two'],
    [400, { error_description: 'described' }, 'INVALID_REQUEST', 'fails', 'described'],
    [400, { errors: [{ message: 'first' }, { message: 'second' }] }, 'INVALID_REQUEST', 'fails', 'first; second'],
    [400, { message: 'a message' }, 'INVALID_REQUEST', 'fails', 'a message'],
    [400, 'plain text', 'INVALID_REQUEST', 'fails', 'plain text'],
    [400, page, 'INVALID_REQUEST', 'fails', 'a web page'],
  ]

  it.each(named(rows))('%i %j', async (status, body, [, , code, outcome, said = '']) => {
    const answered = answer(status, body, { 'x-request-id': 'r-1' })
    const server = await startServer({ routes: { 'GET /v2/endpoint/acme/chat': answered } })
    const client = new EndpointsClient(
      { apiKey: 'hf_x', namespace: 'acme', managementUrl: `${server.url}/v2`, hubUrl: server.url },
      { runtime: realRuntime() },
    )
    onTestFinished(() => client.close())
    const error = await errorOf(client.get('chat'))
    expect(error).toMatchObject({ code, status, ...classOf(outcome), context: { requestId: 'r-1' } })
    expect(error.message).toContain(said)
    expect(error.message).not.toContain('<')
  })

  it('prefers the reason of the header', async () => {
    const answered = answer(400, { error: 'another' }, { 'x-error-message': 'the reason' })
    const server = await startServer({ routes: { '*': answered } })
    const llm = await connect({
      apiKey: 'hf_x',
      endpointName: 'chat',
      endpointNamespace: 'acme',
      managementUrl: `${server.url}/v2`,
      hubUrl: server.url,
    })
    expect((await errorOf(llm.load())).message).toContain('the reason')
  })
})

describe('Inference Providers', () => {
  const modelUnknown = {
    message: "The requested model 'org/m' is not supported by any provider you have enabled.",
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_supported',
  }
  const rows: readonly Row[] = [
    [400, { error: modelUnknown }, 'MODEL_NOT_FOUND', 'fails the run'],
    [
      400,
      { error: { message: 'temperature is too high', type: 'invalid_request_error' } },
      'INVALID_REQUEST',
      'fails',
      'temperature is too high',
    ],
    [401, { error: 'Invalid username or password.' }, 'AUTHENTICATION_FAILED', 'fails the run'],
    [402, { error: 'You have exceeded your monthly included credits' }, 'PAYMENT_REQUIRED', 'fails the run'],
    [
      403,
      { error: 'This authentication method does not have sufficient permissions' },
      'PERMISSION_DENIED',
      'fails the run',
    ],
    [404, 'Not Found', 'MODEL_NOT_FOUND', 'fails the run'],
    [413, 'Payload too large', 'INVALID_REQUEST', 'fails'],
    [
      422,
      { detail: [{ loc: ['body', 'top_p'], msg: 'too large', type: 'x' }] },
      'INVALID_REQUEST',
      'fails',
      'body.top_p: too large',
    ],
    [429, { error: 'Too many requests' }, 'RATE_LIMITED', 'retried'],
    [500, { error: 'Internal Server Error' }, 'SERVER_ERROR', 'retried'],
    [502, page, 'SERVER_ERROR', 'retried', 'a web page'],
    [504, '', 'SERVER_ERROR', 'retried'],
    [503, { error: 'The provider is saturated' }, 'SERVER_ERROR', 'retried'],
    [503, { error: 'Model org/m is currently loading', estimated_time: 20 }, 'MODEL_LOADING', 'waited'],
    // The forms of a body.
    [422, { error: 'text' }, 'INVALID_REQUEST', 'fails', 'text'],
    [422, { error: ['a', 'b'] }, 'INVALID_REQUEST', 'fails', 'a; b'],
    [
      422,
      { error: { message: 'a message', type: 't', param: null, code: null } },
      'INVALID_REQUEST',
      'fails',
      'a message',
    ],
    [422, { object: 'error', message: 'flat', type: 't' }, 'INVALID_REQUEST', 'fails', 'flat'],
    [422, { message: 'alone' }, 'INVALID_REQUEST', 'fails', 'alone'],
    [422, { detail: 'a detail' }, 'INVALID_REQUEST', 'fails', 'a detail'],
    [422, 'plain text', 'INVALID_REQUEST', 'fails', 'plain text'],
    [422, page, 'INVALID_REQUEST', 'fails', 'a web page'],
  ]

  it.each(named(rows))('%i %j', async (status, body, [, , code, outcome, said = '']) => {
    const server = await startServer({ routes: { '*': answer(status, body) } })
    const llm = await connect({ modelId: 'org/m', apiKey: 'hf_x', routerUrl: server.url })
    for (const wireMode of ['json', 'stream'] as const) {
      const error = await errorOf(ask(llm, 'chat', { wireMode }))
      expect(error).toMatchObject({ code, status, ...classOf(outcome) })
      expect(error.message).toContain(said)
      expect(error.message).not.toContain('<')
    }
  })

  it.each([
    [429, { 'retry-after': '7' }, { error: 'x' }, 7000],
    [429, { ratelimit: '"api";r=0;t=55' }, { error: 'x' }, 56_000],
    [503, {}, { error: 'Model org/m is currently loading', estimated_time: 20.5 }, 20_500],
  ])('%i with %j waits as long as it asks', async (status, headers, body, retryAfterMs) => {
    const server = await startServer({ routes: { '*': answer(status, body, headers) } })
    const llm = await connect({ modelId: 'org/m', apiKey: 'hf_x', routerUrl: server.url })
    expect(await errorOf(ask(llm, 'chat'))).toMatchObject({ retryAfterMs })
  })
})

describe('TGI', () => {
  const tooLong = 'Input validation error: `inputs` must have less than 1023 tokens. Given: 1100'
  const noRoom =
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 1024. Given: 1000 `inputs` tokens and 100 `max_new_tokens`'
  /** Those with a type are events of a native stream as well, where the status was 200. */
  const rows: readonly Row[] = [
    [422, { error: tooLong, error_type: 'validation' }, 'CONTEXT_OVERFLOW', 'fails', 'less than 1023'],
    [422, { error: noRoom, error_type: 'validation' }, 'CONTEXT_OVERFLOW', 'fails'],
    [
      422,
      { error: 'Input validation error: `top_p` must be > 0.0 and < 1.0', error_type: 'validation' },
      'INVALID_REQUEST',
      'fails',
      'top_p',
    ],
    [
      422,
      { error: 'Template error: template not found', error_type: 'template_error' },
      'INVALID_REQUEST',
      'fails',
      'Template error',
    ],
    [
      422,
      { error: 'Missing template vatiable: x', error_type: 'missing_template_variable' },
      'INVALID_REQUEST',
      'fails',
    ],
    [
      422,
      { error: 'Tool error: Grammar and tools are mutually exclusive', error_type: 'tool_error' },
      'INVALID_REQUEST',
      'fails',
    ],
    [
      424,
      { error: 'Request failed during generation: CUDA out of memory', error_type: 'generation' },
      'SERVER_ERROR',
      'retried',
      'CUDA',
    ],
    [429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'RATE_LIMITED', 'retried'],
    [500, { error: 'Incomplete generation', error_type: 'incomplete_generation' }, 'SERVER_ERROR', 'retried'],
    [
      500,
      { error: 'Incomplete generation stream', error_type: 'incomplete_generation_stream' },
      'SERVER_ERROR',
      'retried',
    ],
    [
      500,
      { error: 'Stream event serialization error', error_type: 'stream_serialization_error' },
      'SERVER_ERROR',
      'retried',
    ],
  ]
  const untyped: readonly Row[] = [
    [
      422,
      'Failed to deserialize the JSON body into the target type: stop: invalid type: null',
      'INVALID_REQUEST',
      'fails',
      'invalid type: null',
    ],
    [400, 'Failed to parse the request body as JSON', 'INVALID_REQUEST', 'fails'],
    [415, 'Expected request with `Content-Type: application/json`', 'INVALID_REQUEST', 'fails'],
    [413, 'length limit exceeded', 'INVALID_REQUEST', 'fails'],
    [401, '', 'AUTHENTICATION_FAILED', 'fails the run'],
    [503, { error: 'unhealthy', error_type: 'healthcheck' }, 'SERVER_ERROR', 'retried'],
  ]
  const routes = [
    ['chat', 'json'],
    ['chat', 'stream'],
    ['completion', 'json'],
    ['completion', 'stream'],
  ] as const

  async function failsWith(
    script: Script,
    [status, , code, outcome, said = '']: Row,
    on: (typeof routes)[number],
  ): Promise<void> {
    const server = await startServer({
      routes: { 'GET /v1/models': json(404, {}), 'GET /info': json(200, { max_total_tokens: 1024 }), '*': script },
    })
    const llm = await connect({ baseUrl: server.url, engine: 'tgi' })
    const [route, wireMode] = on
    const error = await errorOf(ask(llm, route, { wireMode }))
    expect(error).toMatchObject({ code, status, ...classOf(outcome) })
    expect(error.message).toContain(said)
  }

  it.each(named([...rows, ...untyped]))('%i %j', async (status, body, row) => {
    for (const on of routes) await failsWith(answer(status, body), row, on)
  })

  it.each(named(rows))('%i %j as an event of a native stream', async (_status, body, row) => {
    await failsWith(stream(body), row, ['completion', 'stream'])
  })

  it.each(named(rows))("%i %j as an event of a chat's stream", async (status, body, row) => {
    const { error: message } = body as { readonly error: string }
    await failsWith(stream({ error: { message, http_status_code: status } }), row, ['chat', 'stream'])
  })
})
