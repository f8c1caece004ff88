import { describe, expect, it } from 'vitest'

import { readEventError, readHttpError } from './read-http-error.js'

const read = (status: number, body: unknown, headers = {}, isBusyBy503 = false): ReturnType<typeof readHttpError> =>
  readHttpError(
    { name: 'vLLM', isBusyBy503 },
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body), retryAfterMs: undefined },
  )

describe('readHttpError', () => {
  it.each([
    [400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"],
    [
      400,
      "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens",
    ],
    [400, 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.'],
    [400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."],
    [400, "Requested token count exceeds the model's maximum context length of 4096 tokens."],
    [422, '`inputs` must have less than 1023 tokens. Given: 1100'],
    [422, '`inputs` tokens + `max_new_tokens` must be <= 1024. Given: 3 `inputs` tokens and 1024 `max_new_tokens`'],
    [400, 'the request exceeds the available context size. try increasing the context size'],
    [500, 'the request exceeds the available context size, try increasing it'],
    [400, 'prompt is too long: 210000 tokens > 200000 maximum'],
  ])('knows a prompt that is too long: %i %s', (status, message) => {
    expect(read(status, { error: message })).toMatchObject({ code: 'CONTEXT_OVERFLOW', status, isRetryable: false })
  })

  it.each([
    [404, 'The model `x` does not exist.', 'MODEL_NOT_FOUND'],
    [400, 'Model x is not supported by any provider', 'MODEL_NOT_FOUND'],
    [422, 'Template error: the model is not found in this text', 'INVALID_REQUEST'],
    [404, 'Not Found', 'WRONG_SERVER'],
    [405, 'Method Not Allowed', 'WRONG_SERVER'],
    [413, 'length limit exceeded', 'INVALID_REQUEST'],
    [402, 'no credits', 'PAYMENT_REQUIRED'],
    [403, 'no', 'PERMISSION_DENIED'],
    [429, 'slow down', 'RATE_LIMITED'],
    [408, 'too slow', 'SERVER_ERROR'],
    [424, 'CUDA out of memory', 'SERVER_ERROR'],
    [503, 'Loading model', 'MODEL_LOADING'],
    [503, 'overload', 'SERVER_ERROR'],
  ])('reads %i %s as %s', (status, error, code) => {
    expect(read(status, { error })).toMatchObject({ code, status })
  })

  it('takes a 503 for a full queue where the server means that, and not from a proxy', () => {
    expect(read(503, { error: 'full' }, {}, true)).toMatchObject({ code: 'RATE_LIMITED' })
    expect(read(503, '<html></html>', {}, true)).toMatchObject({ code: 'SERVER_ERROR', isRetryable: true })
  })

  it('says which errors the next request would meet as well', () => {
    const fatal = [401, 402, 403, 404].map((status) => read(status, {}).isFatal)
    expect(fatal).toEqual([true, true, true, true])
    expect([400, 422, 429, 500, 503].map((status) => read(status, {}).isFatal)).not.toContain(true)
  })

  it('retries what may go better', () => {
    expect([500, 502, 504].map((status) => read(status, '').isRetryable)).toEqual([true, true, true])
    expect([501, 400].map((status) => read(status, '').isRetryable)).toEqual([false, false])
  })

  it('keeps what identifies the request', () => {
    expect(read(500, '', { 'x-amzn-trace-id': 'Root=1' }).context).toEqual({ requestId: 'Root=1' })
    expect(read(401, '', { 'x-request-id': 'r', 'x-amzn-trace-id': 'Root=1' }).context).toEqual({ requestId: 'r' })
  })
})

describe('readEventError', () => {
  it.each([
    [{ message: 'x', code: 400 }, 400],
    [{ message: 'x', http_status_code: 422 }, 422],
    [{ message: 'x', code: 'odd' }, 500],
    ['x', 500],
  ])('finds the status in %j', (error, status) => {
    expect(readEventError({ name: 'vLLM' }, error).status).toBe(status)
  })
})
