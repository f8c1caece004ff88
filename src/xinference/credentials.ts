import type { Runtime } from '../contract/runtime.js'
import { AuthenticationError } from '../errors/authentication-error.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { ConnectionOptions, SecretReference } from '../llm/llm-options.js'
import { readSecret, resolveSecret } from '../llm/secret.js'
import type { Endpoint } from './endpoint.js'

/** Who asks. Either a key, or a user's name and password, or nothing where the server wants nothing. */
export interface XinferenceCredentials extends Pick<ConnectionOptions, 'apiKey' | 'headers'> {
  /** Logs in with it and `password`; such a session may launch models, which a key of server 3 may not. */
  readonly username?: string | undefined
  /** @defaultValue the environment variable `XINFERENCE_PASSWORD` */
  readonly password?: string | SecretReference | undefined
}

export const keyVariable = 'XINFERENCE_API_KEY'
export const endpointVariable = 'XINFERENCE_ENDPOINT'
export const passwordVariable = 'XINFERENCE_PASSWORD'

/** Credentials with their secrets looked up. */
export interface ResolvedCredentials {
  readonly login: { readonly username: string; readonly password: string } | undefined
  readonly key: string | undefined
  /** Whether the environment has a key, for another server than this one. */
  readonly isKeyElsewhere: boolean
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

/**
 * The credentials for a server. The key of the environment is for the server of `XINFERENCE_ENDPOINT` alone where that is
 * set; one that was given, also as a reference, is for the server that it was given for.
 *
 * @throws InvalidOptionError `INVALID_OPTION` also for a variable that is not set.
 */
export function resolveCredentials(
  credentials: XinferenceCredentials,
  env: Runtime['env'],
  endpoint: Pick<Endpoint, 'origin'>,
): ResolvedCredentials {
  checkCredentials(credentials)
  const { username, password = { env: passwordVariable }, apiKey, headers = {} } = credentials
  const login = username === undefined ? undefined : { username, password: readSecret(password, env, 'password') }
  const own = env[keyVariable] || undefined
  const isKeyElsewhere = apiKey === undefined && own !== undefined && !isServerOf(env, endpoint)
  const key = login === undefined ? (apiKey ?? (isKeyElsewhere ? undefined : own)) : undefined
  return {
    login,
    isKeyElsewhere,
    key: key === undefined ? undefined : resolveSecret(key, env, 'apiKey'),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name.toLowerCase(),
        resolveSecret(value, env, `headers.${name}`),
      ]),
    ),
  }
}

/** The same refusal, which says why the key of the environment was not sent. */
export function keyIsElsewhere({ url }: Pick<Endpoint, 'url'>, refusal: AuthenticationError): AuthenticationError {
  return new AuthenticationError(
    `${url} wants a credential, and ${keyVariable} is for the server of ${endpointVariable}, another one: set apiKey, such as { env: '${keyVariable}' }.`,
    { status: refusal.status, cause: refusal },
  )
}

/** Whether what the environment says of an Xinference server is said of this one. */
function isServerOf(env: Runtime['env'], { origin }: Pick<Endpoint, 'origin'>): boolean {
  const named = env[endpointVariable]
  if (named === undefined || named === '') return true
  return URL.canParse(named) && new URL(named).origin === origin
}
