import { InvalidOptionError } from '../../errors/invalid-option-error.js'

/** Uids whose description another route of the server hides: `GET /v1/models/prompts` is about something else. */
const hiddenUids = new Set(['prompts', 'families', 'instances', 'vllm-supported'])

/**
 * The path of what a server knows by a name.
 *
 * @throws InvalidOptionError `INVALID_OPTION` for a name that no path can hold: Xinference decodes `%2F` before it looks
 * for the route.
 */
export function namedPath(before: string, name: string, after = ''): string {
  const reason = unaddressable(name)
  if (reason === undefined) return `${before}/${encodeURIComponent(name)}${after}`
  throw new InvalidOptionError(`${JSON.stringify(name)} ${reason}, and Xinference cannot be asked about such a name.`, {
    option: 'modelUid',
  })
}

/** Whether `GET /v1/models/{uid}` is about this model. */
export function isDescribable(modelUid: string): boolean {
  return unaddressable(modelUid) === undefined && !hiddenUids.has(modelUid)
}

/**
 * The rules of Xinference 3.2 for the uids of new models, and one of our own: that they can be asked for.
 *
 * @returns what is wrong.
 */
export function wrongUid(modelUid: string): string | undefined {
  if (modelUid.length > 100) return 'must have at most 100 characters'
  if (/-rep\d+$/.test(modelUid)) return 'must not end in -rep and a number: copies of a model are called so'
  if (hiddenUids.has(modelUid)) return 'is the name of a route: the model could not be described'
  const reason = unaddressable(modelUid)
  return reason && `${reason}, so the model could not be ended or described`
}

function unaddressable(name: string): string | undefined {
  if (typeof name !== 'string' || name === '') return 'is empty'
  if (name.includes('/')) return 'holds a slash'
  if (name === '.' || name === '..') return 'is a step in a path'
  return /\p{Surrogate}/u.test(name) ? 'is no valid Unicode text' : undefined
}
