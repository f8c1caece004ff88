import { expect } from 'vitest'

import type { WireAnswer } from './exchange.js'

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** A refusal: `{"detail": "..."}`. */
export function refusal(status: number, detail: unknown, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return json(status, { detail }, headers)
}

/** A refusal for a missing credential or right. */
export function denial(status: 401 | 403, detail: string, scope: string): WireAnswer {
  return refusal(status, detail, { 'www-authenticate': `Bearer scope="${scope}"` })
}

/** A request that could not be read: 500 in plain text. */
export function unreadable(reason: unknown): WireAnswer {
  return { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: reason }
}

/** A stream of events. */
export function events(body: unknown): WireAnswer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
    body,
  }
}

/** A web page that is not there. */
export function missingPage(): WireAnswer {
  return {
    status: 404,
    headers: expect.objectContaining({ 'content-type': 'text/html; charset=utf-8' }) as Record<string, string>,
    body: text(/^<!DOCTYPE html>/),
  }
}

/** Text like this. */
export function text(pattern: RegExp): unknown {
  return expect.stringMatching(pattern)
}

/** Text of the process that raised an exception. */
export function fromProcess(pattern: RegExp): unknown {
  return text(new RegExp(String.raw`^\[address=127\.0\.0\.1:\d+, pid=\d+\] ${pattern.source}$`))
}

export const anyNumber: unknown = expect.any(Number)
export const anyText: unknown = expect.any(String)
export const notAllowed = 'Method Not Allowed'
export const keyDetail = 'API keys can only access model query and inference endpoints'
export const credentialsDetail = 'Could not validate credentials'
