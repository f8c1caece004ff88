import { isHeadraceError } from '../../errors/headrace-error.js'
import { InvalidOptionError } from '../../errors/invalid-option-error.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { type RequestSettings, type ServerObject, type ServerQuestions, unexpected } from './server-questions.js'

const path = '/v1/admin/keys'

/** An API key, without the key itself. */
export interface ApiKey {
  readonly id: number
  readonly name: string
  /** How the key begins. */
  readonly prefix: string
  /** Who made it. */
  readonly owner: string | undefined
  readonly isEnabled: boolean
  /** As the server writes it; `undefined` for one that does not expire. */
  readonly expiresAt: string | undefined
  /** The server's own object. */
  readonly raw: ServerObject
}

/** What making a key gives; the key is shown this once. */
export interface CreatedApiKey {
  readonly id: number
  readonly key: string
}

export async function createApiKey(
  ask: ServerQuestions,
  name: string,
  settings: RequestSettings,
): Promise<CreatedApiKey> {
  const { id, key } = await ask.object({ ...settings, method: 'POST', path, body: { name }, isConfidential: true })
  if (typeof key !== 'string') throw unexpected(path)
  return { id: Number(id), key: ask.session.keep(key) }
}

export async function listApiKeys(ask: ServerQuestions, settings: RequestSettings): Promise<readonly ApiKey[]> {
  return (await ask.list({ ...settings, path })).map(readApiKey)
}

export async function deleteApiKey(ask: ServerQuestions, id: number, settings: RequestSettings): Promise<void> {
  if (!Number.isSafeInteger(id)) {
    throw new InvalidOptionError(`deleteApiKey: id must be a whole number, got ${String(id)}.`, { option: 'id' })
  }
  try {
    await ask.send({ ...settings, method: 'DELETE', path: `${path}/${id}` })
  } catch (error) {
    if (!isHeadraceError(error) || !/API key not found/i.test(error.message)) throw error
    throw new InvalidRequestError(
      `${ask.session.endpoint.url} has no API key with the id ${id}: list the keys first.`,
      {
        status: error.status,
        cause: error,
      },
    )
  }
}

function readApiKey(raw: ServerObject): ApiKey {
  const { id, name, key_prefix: prefix, owner_username: owner, enabled, expires_at: expiresAt } = raw
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    id: Number(id),
    name: text(name) ?? '',
    prefix: text(prefix) ?? '',
    owner: text(owner),
    isEnabled: enabled !== false,
    expiresAt: text(expiresAt),
    raw,
  }
}
