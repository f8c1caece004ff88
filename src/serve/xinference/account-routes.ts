import { HttpFailure } from '../http-failure.js'
import { isRecord } from '../is-record.js'
import { readJson } from '../read-json.js'
import type { XinferenceRequest } from './xinference-request.js'
import type { XinferenceRoute } from './xinference-route.js'

/**
 * Xinference's accounts, which a server without a key does not have. There is one key here and no user: every login is
 * one with a wrong password, and every refresh token is an expired one.
 */
export const accountRoutes: readonly XinferenceRoute[] = [
  { method: 'POST', path: '/token', handle: logIn },
  { method: 'POST', path: '/v1/auth/refresh', handle: refresh },
  { method: 'POST', path: '/v1/auth/logout', handle: logOut },
  {
    method: 'GET',
    path: '/v1/admin/setup/status',
    handle: () => Response.json({ needs_setup: false, initialized: true, password_min_length: 8 }),
  },
  { method: 'POST', path: '/v1/admin/setup', handle: setUp },
]

async function logIn({ server, incoming }: XinferenceRequest): Promise<Response> {
  const body = await readJson(incoming, server.maxBodyBytes).catch((error: unknown) => {
    if (error instanceof HttpFailure) throw error
    return undefined
  })
  if (!isRecord(body)) throw new HttpFailure(400, 'Request body must be a JSON object')
  const { username = '', password = '' } = body
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new HttpFailure(400, 'username and password must be strings')
  }
  throw new HttpFailure(401, 'Incorrect username or password', { 'www-authenticate': 'Bearer' })
}

async function refresh({ server, incoming }: XinferenceRequest): Promise<Response> {
  const body = await readJson(incoming, server.maxBodyBytes)
  const { refresh_token: token } = isRecord(body) ? body : {}
  if (typeof token !== 'string' || token === '') throw new HttpFailure(400, 'refresh_token required')
  throw new HttpFailure(401, 'Invalid or expired refresh token')
}

async function logOut({ server, incoming }: XinferenceRequest): Promise<Response> {
  await readJson(incoming, server.maxBodyBytes)
  return Response.json({ ok: true })
}

function setUp(): Response {
  throw new HttpFailure(403, 'Setup already completed; an account already exists.')
}
