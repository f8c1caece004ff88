/**
 * `npm run test:schemas`: what the grammars of structured output can say, and whether they say what they mean.
 *
 * - The 20 kinds of `test/schemas/kinds`, put to the bundled model 27 times each (513 questions of the 19 that are asked): every answer must be valid, and 18 kinds
 *   must be expressible. The last one is not, and says why.
 * - The JSON-Schema-Test-Suite (drafts 4, 7 and 2020-12): validation must agree with it except where
 *   `test/schemas/known-disagreements.json` says why not, and 20 random texts of each grammar must fit its schema.
 *
 * The newer drafts come with the source package of Python's jsonschema, which is downloaded once into `.cache` (370 kB).
 *
 * - `--kinds` or `--suite`: that half only.
 * - `--each N`: so many questions of each kind. Default: 27.
 * - `--require`: fail where the newer drafts cannot be had, instead of saying so.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { LlamaCpp } from '../src/llama-cpp/llama-cpp.js'
import { askKind, type KindAnswers } from '../test/schemas/ask-kind.js'
import { examineSuite } from '../test/schemas/examine-suite.js'
import { judgeSuite, wrongTexts } from '../test/schemas/judge-suite.js'
import { readKinds } from '../test/schemas/read-kinds.js'
import { readSuite } from '../test/schemas/read-suite.js'
import { fetchSuite } from './test-schemas/fetch-suite.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const samples = 20
const leastExpressible = 18
const failures: string[] = []

async function examineKinds(each: number): Promise<void> {
  const kinds = readKinds()
  const modelPath = fileURLToPath(new URL('../models/demo/demo.gguf', import.meta.url))
  const llm = await new LlamaCpp({ modelPath, parallel: 4, threads: 1 }).load()
  const found: KindAnswers[] = []
  print('kind', 'valid', 'longest', 'note')
  try {
    for (const kind of kinds) {
      const answers = await askKind(llm, kind, each)
      found.push(answers)
      const { name, valid, asked, longest, refusal } = answers
      if (refusal === undefined) print(name, `${valid} of ${asked}`, `${longest} tokens`, '')
      else print(name, 'refused', '', refusal)
      failures.push(...answers.failures.map((failure) => `${name}: ${failure}`))
    }
  } finally {
    await llm.unload()
  }
  const expressible = found.filter(({ refusal }) => refusal === undefined)
  const [asked, valid] = [sum(expressible, ({ asked: count }) => count), sum(expressible, ({ valid: count }) => count)]
  process.stdout.write(
    `\n${expressible.length} of ${kinds.length} kinds expressible; ${valid} of ${asked} answers valid.\n\n`,
  )
  if (expressible.length < leastExpressible) failures.push(`fewer than ${leastExpressible} kinds are expressible`)
}

async function examineDrafts(isRequired: boolean): Promise<void> {
  const newer = await fetchSuite(root)
  const suites: (readonly [folder: string, draft: string])[] = [
    [`${root}/node_modules/json-schema-test-suite`, 'draft4'],
  ]
  if (newer !== undefined) suites.push([newer, 'draft7'], [newer, 'draft2020-12'])
  else if (isRequired) failures.push('the newer drafts of the suite cannot be had')
  else process.stdout.write('The newer drafts of the suite cannot be had here; draft 4 only.\n')
  print('draft', 'values judged alike', 'schemas expressed', 'texts that fit', 'valid values accepted')
  for (const [folder, draft] of suites) {
    const figures = await examineSuite(readSuite(folder, draft), samples)
    const { values, agreed, schemas, expressed, validValues, accepted } = figures
    const wrong = wrongTexts(figures)
    const texts = expressed * samples
    print(
      draft,
      `${agreed} of ${values}`,
      `${expressed} of ${schemas}`,
      wrong.length === 0 ? `all ${texts}` : `not of ${wrong.length} schemas`,
      `${accepted} of ${validValues}`,
    )
    failures.push(...judgeSuite(draft, figures))
  }
  process.stdout.write('\n')
}

function print(...cells: readonly string[]): void {
  process.stdout.write(
    `${cells
      .map((cell) => cell.padEnd(cells.length === 4 ? 30 : 22))
      .join(' ')
      .trimEnd()}\n`,
  )
}

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0)
}

const { values } = parseArgs({
  options: {
    kinds: { type: 'boolean', default: false },
    suite: { type: 'boolean', default: false },
    each: { type: 'string', default: '27' },
    require: { type: 'boolean', default: false },
  },
})
if (!values.suite) await examineKinds(Number(values.each))
if (!values.kinds) await examineDrafts(values.require)
for (const failure of failures) process.stdout.write(`FAILED  ${failure}\n`)
process.stdout.write(failures.length === 0 ? 'All bars are met.\n' : `${failures.length} failures.\n`)
process.exitCode = failures.length === 0 ? 0 : 1
