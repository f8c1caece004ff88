import { expect } from 'vitest'

import { anyNumber, anyText, missingPage, notAllowed, refusal, json, text } from './answers.js'
import type { Check } from './check.js'
import { exchange } from './exchange.js'

const page = { 'content-type': 'text/html; charset=utf-8' }

/** What anybody may ask, and paths that lead nowhere. */
export const openChecks: readonly Check[] = [
  exchange('the status', { path: '/status', key: 'none' }, { expected: json(200, { uptime: anyNumber, workers: {} }) }),
  exchange('the address', { path: '/v1/address', key: 'none' }, { expected: json(200, text(/^127\.0\.0\.1:\d+$/)) }),
  exchange(
    'whether a key is needed',
    { path: '/v1/cluster/auth?x=1', key: 'none' },
    { expected: json(200, { auth: true }) },
  ),
  exchange(
    'HEAD where GET is meant',
    { method: 'HEAD', path: '/status', key: 'none' },
    { expected: json(405, '', { allow: 'GET' }) },
  ),
  exchange(
    'POST where GET is meant',
    { method: 'POST', path: '/status', key: 'none', body: {} },
    { expected: refusal(405, notAllowed, { allow: 'GET' }) },
  ),
  exchange('GET where POST is meant', { path: '/v1/chat/completions' }, { expected: refusal(404, 'Not Found') }),
  exchange(
    'PUT on the list of models',
    { method: 'PUT', path: '/v1/models' },
    { expected: refusal(405, notAllowed, { allow: 'GET' }) },
  ),
  exchange('PATCH on a model', ({ modelUid }) => ({ method: 'PATCH', path: `/v1/models/${modelUid}` }), {
    expected: refusal(405, notAllowed, { allow: 'GET' }),
  }),
  exchange(
    'OPTIONS that is no preflight',
    { method: 'OPTIONS', path: '/v1/completions' },
    { expected: refusal(405, notAllowed, { allow: 'POST' }) },
  ),
  exchange(
    'a slash too many',
    { method: 'POST', path: '/v1/chat/completions/', body: {} },
    { expected: refusal(405, notAllowed, { allow: 'GET' }) },
  ),
  exchange('an unknown path', { path: '/v1/nothing' }, { expected: refusal(404, 'Not Found') }),
  exchange('the base path twice', { path: '/v1/v1/models' }, { expected: refusal(404, 'Not Found') }),
  exchange(
    'POST to an unknown path',
    { method: 'POST', path: '/v1/nothing', body: {} },
    { expected: refusal(405, notAllowed, { allow: 'GET' }) },
  ),
  exchange('a doubled slash', { path: '//v1/models' }, { expected: missingPage() }),
  exchange('a path outside the API', { path: '/v2/models' }, { expected: missingPage() }),
  exchange(
    'the web interface',
    { path: '/', key: 'none' },
    {
      difference: 'web',
      xinference: { status: 200, headers: { ...page, 'cache-control': 'no-cache' }, body: anyText },
      serve: { status: 404, headers: page, body: anyText },
    },
  ),
  exchange(
    'a request of a web page',
    { path: '/status', key: 'none', headers: { origin: 'http://elsewhere.example' } },
    {
      difference: 'origin',
      xinference: json(
        200,
        { uptime: anyNumber, workers: {} },
        { 'access-control-allow-origin': 'http://elsewhere.example' },
      ),
      serve: json(200, { uptime: anyNumber, workers: {} }),
    },
  ),
  exchange(
    "OpenAI's responses",
    ({ modelUid }) => ({ method: 'POST', path: '/v1/responses', body: { model: modelUid, input: 'Hi' } }),
    {
      difference: 'otherRoutes',
      xinference: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: expect.objectContaining({ object: 'response' }),
      },
      serve: refusal(405, notAllowed, { allow: 'GET' }),
    },
  ),
]
