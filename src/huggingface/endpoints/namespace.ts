import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { type HubConnection, requestHubJson } from './request-json.js'

/** Asked at most once for each key and Hub, because the Hub limits this question hard. */
const namesByKey = new Map<string, Promise<string>>()

/**
 * The user that a key belongs to, whose endpoints are meant when no namespace is given.
 *
 * @throws InvalidOptionError `INVALID_OPTION` when the key is an organisation's; `AUTHENTICATION_FAILED`, ...
 */
export function findNamespace(connection: HubConnection, hubUrl: string): Promise<string> {
  const id = `${hubUrl} ${connection.key ?? ''}`
  let name = namesByKey.get(id)
  if (name === undefined) {
    name = ask(connection, hubUrl)
    name.catch(() => namesByKey.delete(id))
    namesByKey.set(id, name)
  }
  return name
}

async function ask(connection: HubConnection, hubUrl: string): Promise<string> {
  const { type, name } = (await requestHubJson(connection, { url: `${hubUrl}/api/whoami-v2` })) as {
    readonly type?: unknown
    readonly name?: unknown
  }
  if (type === 'user' && typeof name === 'string') return name
  throw new InvalidOptionError(
    `The key belongs to ${type === 'org' ? `the organisation ${String(name)}` : 'no user'}: give endpointNamespace.`,
    { option: 'endpointNamespace' },
  )
}
