import type { Runtime } from '../contract/runtime.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { ConnectionOptions, SecretReference } from '../llm/llm-options.js'
import { readSecret, resolveSecret } from '../llm/secret.js'

/** Who asks. Either a key, or a user's name and password, or nothing where the server wants nothing. */
export interface XinferenceCredentials extends Pick<ConnectionOptions, 'apiKey' | 'headers'> {
  /** Logs in with it and `password`; such a session may launch models, which a key of server 3 may not. */
  readonly username?: string | undefined
  /** @defaultValue the environment variable `XINFERENCE_PASSWORD` */
  readonly password?: string | SecretReference | undefined
}

export const keyVariable = 'XINFERENCE_API_KEY'
export const passwordVariable = 'XINFERENCE_PASSWORD'

/** Credentials with their secrets looked up. */
export interface ResolvedCredentials {
  readonly login: { readonly username: string; readonly password: string } | undefined
  readonly key: string | undefined
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

/** @throws InvalidOptionError `INVALID_OPTION` for credentials that exclude each other. */
export function checkCredentials({ username, password, apiKey }: XinferenceCredentials): void {
  if (username !== undefined && apiKey !== undefined) {
    throw new InvalidOptionError('apiKey and username exclude each other: give one.', { option: 'username' })
  }
  if (username === undefined && password !== undefined) {
    throw new InvalidOptionError('password needs a username: give both, or an apiKey.', { option: 'password' })
  }
}

/** @throws InvalidOptionError `INVALID_OPTION` also for a variable that is not set. */
export function resolveCredentials(credentials: XinferenceCredentials, env: Runtime['env']): ResolvedCredentials {
  checkCredentials(credentials)
  const { username, password = { env: passwordVariable }, apiKey, headers = {} } = credentials
  const login = username === undefined ? undefined : { username, password: readSecret(password, env, 'password') }
  const key = login === undefined ? (apiKey ?? (env[keyVariable] || undefined)) : undefined
  return {
    login,
    key: key === undefined ? undefined : resolveSecret(key, env, 'apiKey'),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name.toLowerCase(),
        resolveSecret(value, env, `headers.${name}`),
      ]),
    ),
  }
}
