import { InvalidOptionError } from '../errors/invalid-option-error.js'

/** A server's address in the two parts that requests are made of. */
export interface Endpoint {
  /** `http://127.0.0.1:9997` */
  readonly origin: string
  /** `''`, or what a reverse proxy put before: `/xinference`. */
  readonly basePath: string
  /** Both. */
  readonly url: string
}

export const defaultEndpoint = 'http://127.0.0.1:9997'

/**
 * Reads an endpoint: the root, with or without trailing slashes and a trailing `/v1` (other tools hand that out).
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function parseEndpoint(endpoint: string): Endpoint {
  const wrong = (reason: string): InvalidOptionError =>
    new InvalidOptionError(`endpoint ${reason}; it must be like ${defaultEndpoint}.`, { option: 'endpoint' })
  let url: URL
  try {
    url = new URL(endpoint)
  } catch {
    // Without the cause, which holds the endpoint, which may hold a password.
    const hint = endpoint.includes('://') ? '' : ' (http:// is missing)'
    throw wrong(`is no URL${hint}: ${quote(endpoint)}`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const hint = /^[\w.-]+:\d+/.test(endpoint) ? ' (http:// is missing)' : ''
    throw wrong(`must begin with http:// or https://${hint}, got ${quote(endpoint)}`)
  }
  if (url.username !== '' || url.password !== '')
    throw wrong('must hold no user name or password: use apiKey or headers')
  if (url.search !== '' || url.hash !== '') throw wrong('must have no query and no fragment')
  const basePath = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '')
  return { origin: url.origin, basePath, url: url.origin + basePath }
}

/** Without what may be a user name, a password or a token. */
function quote(endpoint: string): string {
  return JSON.stringify(endpoint.replace(/^.*@/s, '...@').replace(/[?#].*$/s, '...'))
}
