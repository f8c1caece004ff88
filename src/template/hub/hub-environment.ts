import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

const defaultHubUrl = 'https://huggingface.co'

/** The Hub's address: `HF_ENDPOINT`, or Hugging Face's own. */
export function hubUrlOf(env: Environment): string {
  return (read(env, 'HF_ENDPOINT') ?? defaultHubUrl).replace(/\/+$/, '')
}

/** Whether an address is Hugging Face's own, so that a token that was not given for it may go there. */
export function isHuggingFace(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' && /(?:^|\.)(?:huggingface\.co|hf\.co|huggingface\.cloud)$/.test(hostname)
}

/** `HF_HOME`: the cache and the token of this machine. */
function hubHome(env: Environment): string {
  const home = read(env, 'HF_HOME')
  if (home !== undefined) return expand(home, env)
  return join(expand(read(env, 'XDG_CACHE_HOME') ?? join('~', '.cache'), env), 'huggingface')
}

/** `HF_HUB_CACHE`: the folder of downloaded files. */
export function hubCacheFolder(env: Environment): string {
  const folder = read(env, 'HF_HUB_CACHE') ?? read(env, 'HUGGINGFACE_HUB_CACHE')
  return folder === undefined ? join(hubHome(env), 'hub') : expand(folder, env)
}

/** The file in which `hf auth login` keeps the token. */
export function hubTokenFile(env: Environment): string {
  const file = read(env, 'HF_TOKEN_PATH')
  return file === undefined ? join(hubHome(env), 'token') : expand(file, env)
}

/** Whether the network is out of bounds. */
export function isOffline(env: Environment): boolean {
  return isOn(env, 'HF_HUB_OFFLINE') || isOn(env, 'TRANSFORMERS_OFFLINE')
}

/** What the Hub's Python library takes for yes. */
export function isOn(env: Environment, variable: string): boolean {
  return /^(?:1|on|yes|true)$/i.test(env[variable] ?? '')
}

function read(env: Environment, variable: string): string | undefined {
  return env[variable]?.trim() || undefined
}

/** `~` and `$NAME`, as a shell reads them. */
function expand(path: string, env: Environment): string {
  const home = env['HOME'] || homedir()
  return path
    .replace(/^~(?=$|[/\\])/, () => home)
    .replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? whole)
}
