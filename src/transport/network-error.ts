import { ConnectionError } from '../errors/connection-error.js'
import type { HeadraceError } from '../errors/headrace-error.js'
import { TimeoutError } from '../errors/timeout-error.js'
import { WrongServerError } from '../errors/wrong-server-error.js'

/** Turns what a network library threw into one of the family, with a sentence for each usual cause. */
export function toNetworkError(cause: unknown, origin: string): HeadraceError {
  const code = find(cause, (fields) => (typeof fields['code'] === 'string' ? fields['code'] : undefined))
  const context = { origin, ...(code === undefined ? {} : { systemCode: code }) }
  const connection = (sentence: string): ConnectionError => new ConnectionError(sentence, { cause, context })
  switch (code) {
    case 'ECONNREFUSED': {
      const peer = find(cause, ({ address, port }) =>
        typeof port === 'number' ? { address: String(address), port } : undefined,
      )
      if (peer !== undefined && peer.port !== portOf(origin)) {
        return connection(
          `Nothing listens at ${peer.address}:${peer.port}, the proxy for ${origin}: check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.`,
        )
      }
      return connection(`Nothing listens at ${origin}: start the server there, or correct the address.`)
    }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return connection(`The host of ${origin} is not known: check its name and your network.`)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return connection(`The host of ${origin} cannot be reached from this network.`)
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return connection(`${origin} closed the connection before it answered.`)
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return new TimeoutError(
        `No connection to ${origin} in time (timeouts.connectMs); check the address and firewall.`,
        {
          cause,
          context,
          phase: 'connect',
        },
      )
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return new WrongServerError(`${origin} does not speak TLS: use http:// instead of https://.`, { cause, context })
    default:
  }
  if (find(cause, ({ name }) => name === 'HTTPParserError' || undefined)) {
    return new WrongServerError(`${origin} does not answer in HTTP: check address and port.`, { cause, context })
  }
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return connection(`The certificate of ${origin} is not trusted (${code}): give its CA file as caFile.`)
  }
  return connection(`The connection to ${origin} failed: ${cause instanceof Error ? cause.message : String(cause)}.`)
}

type Fields = Readonly<Record<string, unknown>>

/** What `read` finds on an error, on its causes, or on the first of several errors. */
function find<T>(error: unknown, read: (fields: Fields) => T | undefined): T | undefined {
  // fetch wraps the system's error, AggregateError holds one for each address of a host.
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth++) {
    const found = read(current as unknown as Fields)
    if (found !== undefined) return found
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined)
  }
  return undefined
}

function portOf(origin: string): number {
  const { port, protocol } = new URL(origin)
  return Number(port || (protocol === 'https:' ? 443 : 80))
}
