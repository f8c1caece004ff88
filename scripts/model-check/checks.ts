import { readFile } from 'node:fs/promises'

import type { ChatMessage } from '../../src/contract/message.js'

/** A question of `models/demo/recipe/checks.json`, which was there before the training that it measures. */
export interface Check {
  readonly ability: Ability
  readonly messages: readonly ChatMessage[]
  /** The whole right answer. */
  readonly answer?: string
  /** What the answer must be as JSON. */
  readonly json?: Readonly<Record<string, string | number>>
  /** Whom the story must be about. */
  readonly animal?: string
}

export const abilities = ['add', 'subtract', 'capital', 'spell', 'sort', 'json', 'fact', 'story', 'unknown'] as const
export type Ability = (typeof abilities)[number]

export interface Checks {
  readonly checks: readonly Check[]
  /** All animals that stories are told about. */
  readonly animals: readonly string[]
  /** What instructions are made of, in lower case. */
  readonly words: readonly string[]
}

/** @param folder - Of the model. */
export async function readChecks(folder: URL): Promise<Checks> {
  return JSON.parse(await readFile(new URL('recipe/checks.json', folder), 'utf8')) as Checks
}
