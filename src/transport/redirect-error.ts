import { WrongServerError } from '../errors/wrong-server-error.js'
import type { ResponseHeaders } from './transport.js'

/** What an answer with a status of 300 to 399 means: a redirect is not followed, it may lead to another host. */
export function redirectError(origin: string, status: number, headers: ResponseHeaders): WrongServerError {
  const location = String(headers['location'] ?? 'another address')
  return new WrongServerError(`${origin} redirects to ${location}: give that address as the endpoint.`, { status })
}
