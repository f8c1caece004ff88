import { describe, expect, it } from 'vitest'

import { readErrorReport } from './error-report.js'

const read = (body: unknown, headers = {}): ReturnType<typeof readErrorReport> =>
  readErrorReport({ headers, body: typeof body === 'string' ? body : JSON.stringify(body) })

describe('readErrorReport', () => {
  it.each([
    [{ error: 'Model is overloaded', error_type: 'overloaded' }, 'Model is overloaded', ['overloaded']],
    [{ error: ['one', 'two'] }, 'one; two', []],
    [{ error: { message: 'No.', type: 'invalid', code: 'model_not_found' } }, 'No', ['model_not_found', 'invalid']],
    [{ error: { message: 'No', type: 'invalid', code: 400 } }, 'No', ['invalid']],
    [{ object: 'error', message: 'too\n long', type: 'BadRequestError', code: 400 }, 'too long', ['BadRequestError']],
    [{ message: 'x' }, 'x', []],
    [{ detail: 'Not Found' }, 'Not Found', []],
    [{ detail: [{ loc: ['body', 'top_p'], msg: 'too large', type: 'x' }] }, 'body.top_p: too large', []],
    ['plain words...', 'plain words', []],
    ['', 'no reason given', []],
    [{}, '{}', []],
    ['[1]', '[1]', []],
    ['x'.repeat(600), `${'x'.repeat(500)}...`, []],
  ])('reads %j', (body, said, kinds) => {
    expect(read(body)).toEqual({ said, kinds, isPage: false, estimatedWaitMs: undefined })
  })

  it('takes nothing from a web page', () => {
    expect(read(' <!DOCTYPE html><title>502</title>').isPage).toBe(true)
    expect(read('secret', { 'content-type': 'text/html' })).toMatchObject({ said: 'a web page instead of a reason' })
  })

  it('reads how long a model loads', () => {
    expect(read({ error: 'loading', estimated_time: 20.5 }).estimatedWaitMs).toBe(20_500)
    expect(read({ error: 'loading', estimated_time: null }).estimatedWaitMs).toBeUndefined()
  })
})
