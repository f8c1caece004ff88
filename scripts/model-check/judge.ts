import { isDeepStrictEqual } from 'node:util'

import type { Check, Checks } from './checks.js'

/** What the model says to a question of a kind that it was not taught. */
export const refusal = "I don't know."

/** Whether it is the right answer: to the letter, but for JSON, which is compared by value, and stories. */
export function isRight(
  { answer: expected, json, animal }: Check,
  answer: string,
  animals: readonly string[],
): boolean {
  if (expected !== undefined) return answer === expected
  if (json !== undefined) return isDeepStrictEqual(parse(answer), json)
  if (animal !== undefined) return isStoryAbout(animal, answer, animals)
  return answer === refusal
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Three to five whole sentences, with that animal in them and no other one. */
function isStoryAbout(animal: string, text: string, animals: readonly string[]): boolean {
  const sentences = text.match(/[A-Z][^.!?]+[.!?](?= |$)/g) ?? []
  const words = new Set(text.match(/[a-z]+/gi))
  return (
    sentences.join(' ') === text &&
    sentences.length >= 3 &&
    sentences.length <= 5 &&
    animals.every((each) => words.has(each) === (each === animal))
  )
}

/**
 * Whether a reader would take it for an instruction: one line that begins with a capital, a digit or a quotation mark, ends as questions
 * and orders end, has its brackets and quotation marks in pairs, and at most two words that instructions of the corpus do
 * not have, such as an invented name.
 */
export function isWellFormed(instruction: string, { words }: Pick<Checks, 'words'>): boolean {
  const known = new Set(words)
  const own = instruction.toLowerCase().match(/[a-z]+/g) ?? []
  return (
    /^[A-Z0-9"].*[a-z0-9.?!="]$/.test(instruction) &&
    isBalanced(instruction) &&
    own.filter((word) => !known.has(word)).length <= 2 &&
    own.every((word, index) => word !== own[index + 1] || word !== own[index + 2])
  )
}

function isBalanced(text: string): boolean {
  const count = (character: string): number => text.split(character).length - 1
  return count('(') === count(')') && count('"') % 2 === 0
}
