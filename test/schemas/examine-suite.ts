import { HeadraceError } from '../../src/errors/headrace-error.js'
import { compileOutput } from '../../src/output/compile-output.js'
import { jsonSchemaToGbnf } from '../../src/output/grammar/json-schema-to-gbnf.js'
import { refusedKeywords } from '../../src/output/grammar/not-expressible.js'
import { Gbnf } from '../support/gbnf.js'
import type { SuiteGroup } from './read-suite.js'

/** How validation and grammar fare with a draft of the JSON-Schema-Test-Suite. */
export interface SuiteFigures {
  readonly values: number
  /** Values that are judged as the suite judges them. */
  readonly agreed: number
  /** Schemas that are refused, and values that are judged otherwise: `draft7/ref.json: remote ref`, with ` / the value`. */
  readonly disagreements: readonly string[]
  readonly schemas: number
  readonly expressed: number
  /** Schemas for which the grammar made a text that the suite's schema refuses, with the text. */
  readonly wrong: readonly (readonly [name: string, text: string])[]
  /** What was refused otherwise than by `UNSUPPORTED_OPTION`, or without a keyword's name. */
  readonly unnamed: readonly string[]
  /** Valid values of expressed schemas, and how many the grammar accepts. */
  readonly validValues: number
  readonly accepted: number
}

/** @param samples - Texts of each grammar that are validated. */
export async function examineSuite(groups: readonly SuiteGroup[], samples: number): Promise<SuiteFigures> {
  const random = seededRandom(1)
  const disagreements: string[] = []
  const wrong: (readonly [string, string])[] = []
  const unnamed: string[] = []
  const counts = { values: 0, agreed: 0, expressed: 0, validValues: 0, accepted: 0 }
  for (const { name, schema, tests } of groups) {
    counts.values += tests.length
    const isValid = await validatorOf(schema)
    if (isValid === undefined) disagreements.push(name)
    for (const { description, data, valid } of tests) {
      if (isValid === undefined) break
      if (isValid(JSON.stringify(data)) === valid) counts.agreed++
      else disagreements.push(`${name} / ${description}`)
    }
    const gbnf = grammarOf(schema)
    if (gbnf instanceof HeadraceError) {
      if (!isNamed(gbnf)) unnamed.push(`${name}: ${gbnf.message}`)
      continue
    }
    counts.expressed++
    const texts = Array.from({ length: isValid === undefined ? 0 : samples }, () => gbnf.write(random))
    const refused = texts.find((text) => isValid?.(text) === false)
    if (refused !== undefined) wrong.push([name, refused])
    for (const { data } of tests.filter(({ valid }) => valid)) {
      const text = JSON.stringify(data)
      counts.validValues++
      if (text.length < 2000 && gbnf.accepts(text)) counts.accepted++
    }
  }
  return { ...counts, disagreements, schemas: groups.length, wrong, unnamed }
}

/** As answers are validated; `undefined`: the schema is refused. */
async function validatorOf(schema: SuiteGroup['schema']): Promise<((text: string) => boolean) | undefined> {
  try {
    const output = await compileOutput({ format: 'json', schema })
    return (text) => {
      try {
        output.read({ text: text, wasCut: false, isWrapped: false })
        return true
      } catch {
        return false
      }
    }
  } catch (error) {
    if (error instanceof HeadraceError && error.code === 'INVALID_OPTION') return undefined
    throw error
  }
}

/** The error with which the schema is refused, if it is. */
function grammarOf(schema: SuiteGroup['schema']): Gbnf | HeadraceError {
  try {
    return new Gbnf(jsonSchemaToGbnf(schema, { maxTokens: 4000 }).grammar)
  } catch (error) {
    if (error instanceof HeadraceError) return error
    throw error
  }
}

/** With a keyword that the documentation lists, or because no value fits the schema. */
function isNamed({ code, context, message }: HeadraceError): boolean {
  const { keyword } = context
  const isListed = (refusedKeywords as readonly unknown[]).includes(keyword)
  return code === 'UNSUPPORTED_OPTION' && (isListed || message.includes('no value fits it'))
}

/** Numbers from 0 to 1, the same for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
