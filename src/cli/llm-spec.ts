import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { InvalidOptionError } from '../errors/invalid-option-error.js'

/** What `--llm` names. */
export type LLMSpec =
  | {
      readonly kind: 'xinference'
      /** `undefined`: the class's own default. */
      readonly endpoint: string | undefined
      readonly modelUid: string
    }
  | { readonly kind: 'serverless'; readonly modelId: string; readonly provider: string | undefined }
  | { readonly kind: 'dedicated'; readonly endpointNamespace: string | undefined; readonly endpointName: string }
  | { readonly kind: 'url'; readonly baseUrl: string }
  | { readonly kind: 'gguf'; readonly modelPath: string }

/** For people; the order is that of the documentation. */
export const specForms =
  'http(s)://HOST:PORT, xinference://HOST:PORT/UID, xinference+https://HOST/UID, xinference:UID, hf:ORG/MODEL[:PROVIDER], hf-endpoint:[NAMESPACE/]NAME or gguf:PATH'
const defaultPort = 9997

/**
 * Reads the value of `--llm`:
 *
 * - `xinference://HOST[:PORT]/UID`: an Xinference server; the port is 9997 by default. What stands between host and uid
 *   is the path that a reverse proxy put there; a slash inside the uid is written `%2F`.
 * - `xinference+https://HOST[:PORT]/UID`: the same over HTTPS; the port is 443 by default.
 * - `xinference:UID`: the server of `XINFERENCE_ENDPOINT`, else of this machine.
 * - `http://HOST[:PORT]`, `https://HOST`: any server that speaks TGI's or OpenAI's protocol, with or without `/v1`.
 * - `hf:ORG/MODEL[:PROVIDER]`: a model of the Hub through Inference Providers; the provider's name, or `fastest`,
 *   `cheapest`, `preferred`.
 * - `hf-endpoint:[NAMESPACE/]NAME`: a dedicated Inference Endpoint; the namespace is the key's user by default.
 * - `gguf:PATH`: a model file, run in this process. `~/` is the home folder.
 *
 * @throws InvalidOptionError `INVALID_OPTION`, which names the forms there are.
 */
export function parseLLMSpec(spec: string): LLMSpec {
  const [, scheme = '', rest = ''] = /^([^:]*):(.*)$/s.exec(spec) ?? []
  switch (scheme) {
    case 'gguf':
      if (rest === '') throw wrong(spec, 'has no path')
      return { kind: 'gguf', modelPath: /^~[/\\]/.test(rest) ? join(homedir(), rest.slice(2)) : rest }
    case 'http':
    case 'https':
      if (/\/\/[^/]*@/.test(spec)) throw holdsPassword()
      return { kind: 'url', baseUrl: spec }
    case 'hf': {
      const [, modelId, provider] = /^([^:/]+\/[^:/]+)(?::([^:/]+))?$/.exec(rest) ?? []
      if (modelId === undefined) throw wrong(spec, 'names no model of the form ORG/MODEL')
      return { kind: 'serverless', modelId, provider }
    }
    case 'hf-endpoint': {
      const [, endpointNamespace, endpointName] = /^(?:([^/]+)\/)?([^/]+)$/.exec(rest) ?? []
      if (endpointName === undefined) throw wrong(spec, 'names no endpoint')
      return { kind: 'dedicated', endpointNamespace, endpointName }
    }
    case 'xinference':
      if (rest.startsWith('//')) return parseAddress(spec, `http:${rest}`)
      if (rest === '') throw wrong(spec, 'has no model uid')
      return { kind: 'xinference', endpoint: undefined, modelUid: rest }
    case 'xinference+https':
      return parseAddress(spec, `https:${rest}`)
    default:
      throw wrong(spec, 'is none of the forms that there are', suggestion(spec))
  }
}

function parseAddress(spec: string, address: string): LLMSpec {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw wrong(spec, 'holds no valid address')
  }
  if (url.username !== '' || url.password !== '') {
    throw holdsPassword()
  }
  if (url.search !== '' || url.hash !== '') throw wrong(spec, 'must have no query and no fragment')
  const cut = url.pathname.lastIndexOf('/')
  const modelUid = decode(url.pathname.slice(cut + 1))
  if (modelUid === undefined) throw wrong(spec, 'has a broken % sequence')
  if (modelUid === '') throw wrong(spec, 'has no model uid after the address')
  // `new URL` leaves the scheme's own port out: `:80` must be looked for in the text.
  const hasPort = url.port !== '' || /^http:\/\/[^/]*:80(\/|$)/.test(address)
  const port = url.protocol === 'http:' && !hasPort ? `:${defaultPort}` : ''
  return { kind: 'xinference', endpoint: `${url.origin}${port}${url.pathname.slice(0, cut)}`, modelUid }
}

function holdsPassword(): InvalidOptionError {
  return new InvalidOptionError('--llm must hold no user name or password: use --api-key.', { option: 'llm' })
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function wrong(spec: string, reason: string, hint = ''): InvalidOptionError {
  return new InvalidOptionError(`--llm ${JSON.stringify(masked(spec))} ${reason}: give ${specForms}${hint}.`, {
    option: 'llm',
  })
}

function suggestion(spec: string): string {
  return spec.endsWith('.gguf') || existsSync(spec) ? `; did you mean gguf:${spec}` : ''
}

/** Without a user name and password, which are not to be repeated. */
function masked(spec: string): string {
  return spec.replace(/\/\/[^/]*@/, '//')
}
