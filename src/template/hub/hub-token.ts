import { readFile } from 'node:fs/promises'

import { type Environment, hubTokenFile, isOn } from './hub-environment.js'

/**
 * The Hub's token of this machine, in the Python library's order: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, and the file that
 * `hf auth login` writes. `undefined` when there is none, or when `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set.
 */
export async function findHubToken(env: Environment): Promise<string | undefined> {
  if (isOn(env, 'HF_HUB_DISABLE_IMPLICIT_TOKEN')) return undefined
  const given = clean(env['HF_TOKEN']) ?? clean(env['HUGGING_FACE_HUB_TOKEN'])
  return given ?? clean(await readFile(hubTokenFile(env), 'utf8').catch(() => undefined))
}

function clean(token: string | undefined): string | undefined {
  return token?.replaceAll(/[\r\n]/g, '').trim() || undefined
}
