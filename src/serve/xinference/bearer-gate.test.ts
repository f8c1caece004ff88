import { beforeEach, describe, expect, it } from 'vitest'

import { BearerGate } from './bearer-gate.js'
import type { HttpFailure } from '../http-failure.js'

let now: number
let gate: BearerGate

beforeEach(() => {
  now = 0
  gate = new BearerGate('xf-right', { now: () => now })
})

function status(authorization?: string, address = '10.0.0.1'): number {
  try {
    gate.check(authorization, address, 'models:read')
    return 200
  } catch (error) {
    return (error as HttpFailure).status
  }
}

function fail(times: number): void {
  for (let count = 0; count < times; count++) expect(status('Bearer wrong')).toBe(401)
}

describe('BearerGate', () => {
  it('lets the right key in, whatever the case of the scheme', () => {
    expect(status('Bearer xf-right')).toBe(200)
    expect(status('bearer xf-right')).toBe(200)
  })

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic xf-right', 'xf-right'])(
    'refuses %j without counting it',
    (header) => {
      for (let count = 0; count < 20; count++) expect(status(header)).toBe(401)
      expect(status('Bearer xf-right')).toBe(200)
    },
  )

  it('says which scope the route needs', () => {
    expect(() => gate.check(undefined, '10.0.0.1', 'models:list')).toThrow(
      expect.objectContaining({
        message: 'Could not validate credentials',
        headers: { 'www-authenticate': 'Bearer scope="models:list"' },
      }),
    )
  })

  it('bans an address after ten wrong keys, the right key included, and no other address', () => {
    fail(9)
    expect(status('Bearer xf-right')).toBe(200)
    fail(1)
    expect(status('Bearer xf-right')).toBe(429)
    expect(status(undefined)).toBe(429)
    expect(status('Bearer xf-right', '10.0.0.2')).toBe(200)
  })

  it('lifts the ban after an hour', () => {
    fail(10)
    now = 3_599_999
    expect(status('Bearer xf-right')).toBe(429)
    now = 3_600_000
    expect(status('Bearer xf-right')).toBe(200)
    fail(9)
    expect(status('Bearer xf-right')).toBe(200)
  })

  it('forgets wrong keys after 300 seconds', () => {
    fail(9)
    now = 300_000
    fail(9)
    expect(status('Bearer xf-right')).toBe(200)
  })
})
