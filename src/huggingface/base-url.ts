import { InvalidOptionError } from '../errors/invalid-option-error.js'

/** A server's address in the parts that requests are made of. */
export interface BaseUrl {
  /** `http://127.0.0.1:8080` */
  readonly origin: string
  /** What stands before every route of the server: `''` or `/prefix`. */
  readonly basePath: string
  /** Both. */
  readonly url: string
}

/** Routes that other tools hand out as an address; what stands before them is the server's root. */
const knownRoutes = /\/(v1\/chat\/completions|v1\/completions|chat\/completions|generate_stream|generate|v1)$/

/**
 * Reads a base URL: the server's root, with or without a trailing slash, `/v1`, or one of its routes.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function parseBaseUrl(text: string, option: string): BaseUrl {
  const wrong = (reason: string): InvalidOptionError =>
    new InvalidOptionError(`${option} ${reason}; it must be like http://127.0.0.1:8080.`, { option })
  let url: URL
  try {
    url = new URL(text)
  } catch {
    // Without the cause, which holds the address, which may hold a password.
    throw wrong(`is no URL${text.includes('://') ? '' : ' (http:// is missing)'}: ${quote(text)}`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw wrong(`must begin with http:// or https://, got ${quote(text)}`)
  }
  if (url.username !== '' || url.password !== '') throw wrong('must hold no user name or password: use apiKey')
  if (url.search !== '' || url.hash !== '') throw wrong('must have no query and no fragment: use headers')
  const basePath = url.pathname.replace(/\/+$/, '').replace(knownRoutes, '').replace(/\/+$/, '')
  return { origin: url.origin, basePath, url: url.origin + basePath }
}

/** Without what may be a user name, a password or a token. */
function quote(text: string): string {
  return JSON.stringify(text.replace(/^.*@/s, '...@').replace(/[?#].*$/s, '...'))
}
