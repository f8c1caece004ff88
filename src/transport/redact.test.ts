import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { readRedacted, redactError, redactHeaders, redactText } from './redact.js'

const secrets = ['xf-0123456789', 'with "quotes" and \\', '7']

describe('redactText', () => {
  it('replaces secrets as they are, in JSON, and in JSON inside JSON', () => {
    const json = JSON.stringify({ header: secrets[1], inner: JSON.stringify([secrets[1]]) })
    expect(redactText(`a xf-0123456789 b xf-0123456789`, secrets)).toBe('a [redacted] b [redacted]')
    expect(JSON.parse(redactText(json, secrets))).toEqual({ header: '[redacted]', inner: '["[redacted]"]' })
  })

  it('leaves alone what is too short to be one', () => {
    expect(redactText('77', secrets)).toBe('77')
    expect(redactText('any', [''])).toBe('any')
  })
})

describe('redactHeaders', () => {
  it.each([
    'authorization',
    'x-api-key',
    'Cookie',
    'set-cookie',
    'X-Auth-Token',
    'proxy-authorization',
    'client_secret',
  ])('hides the value of %s', (name) => {
    expect(redactHeaders({ [name]: 'x', 'content-type': 'y' })).toEqual({ [name]: '[redacted]', 'content-type': 'y' })
  })
})

describe('redactError', () => {
  it('looks into causes and what they carry, and keeps the rest', () => {
    const inner = Object.assign(new Error('xf-0123456789'), { data: 'a xf-0123456789', count: 7, socket: { port: 7 } })
    const outer = Object.assign(new TypeError('told xf-0123456789', { cause: inner }), {
      context: { said: ['xf-0123456789'], status: 7 },
      none: undefined,
    })
    expect(redactError(outer, secrets)).toBe(outer)
    expect(outer.message).toBe('told [redacted]')
    expect(outer.stack).not.toContain('xf-')
    expect(outer.stack).toContain('redact.test')
    expect(outer.context).toEqual({ said: ['[redacted]'], status: 7 })
    expect(inner).toMatchObject({ message: '[redacted]', data: 'a [redacted]', count: 7, socket: { port: 7 } })
  })

  it('takes a read-only error and one that holds itself', () => {
    const request: Record<string, unknown> = { headers: ['xf-0123456789'] }
    request['self'] = request
    const circular = Object.assign(new Error('x'), { request })
    redactError(circular, secrets)
    expect(inspect(circular)).not.toContain('xf-')
    const platform = new DOMException('xf-0123456789', 'AbortError')
    expect(redactError(new Error('told', { cause: platform }), secrets)).toMatchObject({ message: 'told' })
    expect(redactError(Object.freeze(new Error('told')), secrets)).toMatchObject({ message: 'told' })
  })

  it('takes what is no error', () => {
    expect(redactError('xf', secrets)).toBe('xf')
    expect(redactError(undefined, secrets)).toBeUndefined()
  })
})

describe('readRedacted', () => {
  it('reads a good text as it is', () => {
    const seen: string[] = []
    readRedacted('xf-0123456789', secrets, (text) => seen.push(text))
    expect(seen).toEqual(['xf-0123456789'])
  })

  it('fails with the error of the text without secrets', () => {
    const fail = (text: string): void => {
      throw new Error(text.slice(0, 8))
    }
    expect(() => readRedacted('x xf-0123456789', secrets, fail)).toThrow('x [redac')
    expect(() => readRedacted('plain', secrets, fail)).toThrow('plain')
  })
})
