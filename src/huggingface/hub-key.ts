import type { SecretReference } from '../llm/llm-options.js'
import { resolveSecret } from '../llm/secret.js'
import { type Environment, isHuggingFace } from '../template/hub/hub-environment.js'
import { findHubToken } from '../template/hub/hub-token.js'

/** What `apiKey` stands for in JSON when it was given as text. */
export const keyVariable = 'HF_TOKEN'

/**
 * The credential for a host: the given one, else for Hugging Face's own hosts the Hub's token of this machine. A host
 * that the user named gets nothing that was not given for it.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export async function findKey(
  apiKey: string | SecretReference | undefined,
  url: string,
  env: Environment,
): Promise<string | undefined> {
  if (apiKey !== undefined) return resolveSecret(apiKey, env, 'apiKey')
  return isHuggingFace(url) ? findHubToken(env) : undefined
}
