import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { ConnectionOptions, SecretReference } from './llm-options.js'

type Environment = Readonly<Record<string, string | undefined>>

/** What a header's value may hold (RFC 9110 §5.5). */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * @throws InvalidOptionError `INVALID_OPTION` when the environment variable is not set, or the secret cannot be a
 * header's value.
 */
export function resolveSecret(secret: string | SecretReference, env: Environment, option: string): string {
  const value = readSecret(secret, env, option)
  if (headerValue.test(value)) return value
  throw new InvalidOptionError(
    `${option} holds a line break or another character that no header can; was it read from a file?`,
    { option },
  )
}

/** @throws InvalidOptionError `INVALID_OPTION` when the environment variable is not set. */
export function readSecret(secret: string | SecretReference, env: Environment, option: string): string {
  if (typeof secret === 'string') return secret
  const value = env[secret.env]
  if (value === undefined || value === '') {
    throw new InvalidOptionError(
      `${option} is to come from the environment variable ${secret.env}, which is not set.`,
      { option },
    )
  }
  return value
}

/** What stands for a secret in JSON: the reference that was given, else one to `variable`. */
export function toSecretReference(secret: string | SecretReference, variable: string): SecretReference {
  return typeof secret === 'string' ? { env: variable } : secret
}

/**
 * The connection options as JSON may hold them: a key becomes a reference to `keyVariable`, a header's value one to
 * `HEADRACE_HEADER_` and its name.
 */
export function connectionToJSON(options: ConnectionOptions, keyVariable: string): Record<string, unknown> {
  const { apiKey, headers, caFile } = options
  return {
    ...(apiKey === undefined ? {} : { apiKey: toSecretReference(apiKey, keyVariable) }),
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [
              name,
              toSecretReference(value, `HEADRACE_HEADER_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`),
            ]),
          ),
        }),
    ...(caFile === undefined ? {} : { caFile }),
  }
}
