import { anyText, credentialsDetail, denial, json, keyDetail, refusal, unreadable, text } from './answers.js'
import type { Check } from './check.js'
import { ask, exchange } from './exchange.js'
import type { WireRequest } from './exchange.js'

const wrongPassword = refusal(401, 'Incorrect username or password', { 'www-authenticate': 'Bearer' })
const logIn = (body: unknown): WireRequest => ({ method: 'POST', path: '/token', key: 'none', body })
const refresh = (body: unknown): WireRequest => ({ method: 'POST', path: '/v1/auth/refresh', key: 'none', body })
// Bans go by address; Xinference believes this one, so that its other clients stay.
const elsewhere = { 'x-forwarded-for': '10.9.8.7' }

/** Users, keys, and what a key may not do. */
export const accountChecks: readonly Check[] = [
  exchange(
    'whether the first user is missing',
    { path: '/v1/admin/setup/status', key: 'none' },
    { expected: json(200, { needs_setup: false, initialized: true, password_min_length: 8 }) },
  ),
  exchange(
    'a second first user',
    { method: 'POST', path: '/v1/admin/setup', key: 'none', body: { username: 'eve', password: 'password-2' } },
    { expected: refusal(403, 'Setup already completed; an account already exists.') },
  ),
  exchange('a wrong password', logIn({ username: 'nobody', password: 'password-9' }), { expected: wrongPassword }),
  exchange('a login without a name', logIn({}), { expected: wrongPassword }),
  exchange('a login with a form', logIn('username=a&password=b'), {
    expected: refusal(400, 'Request body must be a JSON object'),
  }),
  exchange('a login with numbers', logIn({ username: 1, password: 2 }), {
    expected: refusal(400, 'username and password must be strings'),
  }),
  exchange('the right password', ({ user }) => logIn(user), {
    difference: 'accounts',
    xinference: json(200, { access_token: anyText, refresh_token: anyText, token_type: 'bearer' }),
    serve: wrongPassword,
  }),
  exchange('a wrong refresh token', refresh({ refresh_token: 'x' }), {
    expected: refusal(401, 'Invalid or expired refresh token'),
  }),
  exchange('no refresh token', refresh({}), { expected: refusal(400, 'refresh_token required') }),
  exchange('a refresh that is no JSON', refresh('{'), {
    difference: 'jsonError',
    xinference: unreadable(
      'Internal Server Error: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)',
    ),
    serve: unreadable(text(/^Internal Server Error: \S/)),
  }),
  exchange(
    'a logout',
    { method: 'POST', path: '/v1/auth/logout', key: 'none', body: { refresh_token: 'x' } },
    { expected: json(200, { ok: true }) },
  ),
  exchange('no key', { path: '/v1/models', key: 'none' }, { expected: denial(401, credentialsDetail, 'models:list') }),
  exchange(
    'a wrong key',
    { path: '/v1/models', key: 'wrong', headers: elsewhere },
    { expected: denial(401, credentialsDetail, 'models:list') },
  ),
  exchange(
    'a wrong key with a body that cannot be read',
    { method: 'POST', path: '/v1/chat/completions', key: 'wrong', headers: elsewhere, body: '{' },
    { expected: denial(401, credentialsDetail, 'models:read') },
  ),
  exchange(
    'a key in the header of another API',
    ({ apiKey }) => ({ path: '/v1/models', key: 'none', headers: { 'x-api-key': apiKey } }),
    { expected: denial(401, credentialsDetail, 'models:list') },
  ),
  ...(
    [
      ['POST', '/v1/models', 'models:write'],
      ['DELETE', '/v1/models/nobody', 'models:write'],
      ['POST', '/v1/models/nobody/cancel', 'models:write'],
      ['POST', '/v1/models/nobody/replicas', 'models:write'],
      ['POST', '/v1/model_registrations/LLM', 'models:register'],
      ['DELETE', '/v1/model_registrations/LLM/nobody', 'models:register'],
      ['GET', '/v1/cluster/info', 'admin'],
      ['GET', '/v1/cluster/version', 'admin'],
      ['GET', '/v1/workers', 'admin'],
      ['GET', '/v1/supervisor', 'admin'],
      ['DELETE', '/v1/clusters', 'admin'],
      ['GET', '/v1/cache/models', 'cache:list'],
      ['POST', '/v1/admin/keys', 'keys:create'],
    ] as const
  ).map(([method, path, scope]) =>
    exchange(
      `a key for ${method} ${path}`,
      { method, path, ...(method === 'POST' ? { body: {} } : {}) },
      { expected: denial(403, keyDetail, scope) },
    ),
  ),
]

/** Comes last: on `serve` the suite's own address is banned. */
export const banChecks: readonly Check[] = [
  {
    name: 'the right key after ten wrong ones',
    run: async (target) => {
      const wrong = { path: '/v1/models', key: 'wrong', headers: elsewhere } as const
      for (let count = 0; count < 10; count++) await ask(target, wrong)
      return ask(target, { path: '/v1/models', headers: elsewhere })
    },
    expected: refusal(429, 'Too many failed attempts. IP temporarily banned.'),
  },
  exchange(
    'an open route of a banned address',
    { path: '/v1/cluster/auth', key: 'none', headers: elsewhere },
    { expected: json(200, { auth: true }) },
  ),
  {
    name: 'the right key of another address',
    run: async (target) => (await ask(target, { path: '/v1/models' })).status,
    difference: 'forwarded',
    xinference: 200,
    serve: 429,
  },
]
