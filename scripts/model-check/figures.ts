import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { LlamaCpp } from '../../src/llama-cpp/index.js'
import { type AbilityResult, measureAbilities } from './abilities.js'
import { type Ability, readChecks } from './checks.js'
import { measureMagpie } from './magpie.js'
import { measureSpeed } from './speed.js'
import { linesOfOtherIds } from './token-ids.js'
import { unicodeLines } from './unicode-lines.js'

/** One measure of the model beside what it must be. */
export interface Figure {
  readonly name: string
  /** A share from 0 to 1, or an amount in `unit`. */
  readonly value: number
  readonly bar: { readonly kind: 'at least' | 'at most'; readonly value: number }
  readonly unit: '%' | 'tokens/s' | 'tokens' | 'lines' | 'capitals' | 'MB'
  /** Of how many questions, lines or instructions. */
  readonly of?: number | undefined
  /** Some of what was wrong. */
  readonly failures: readonly string[]
}

export function passes({ value, bar }: Figure): boolean {
  return bar.kind === 'at least' ? value >= bar.value : value <= bar.value
}

/** What share of each ability's questions must be answered rightly. */
export const bars: Readonly<Record<Ability, number>> = {
  add: 0.98,
  subtract: 0.98,
  capital: 0.98,
  spell: 0.98,
  sort: 0.95,
  json: 0.98,
  fact: 0.95,
  story: 0.95,
  unknown: 0.8,
}

/** All figures of the model in that folder. */
export async function measure(folder: URL): Promise<readonly Figure[]> {
  const checks = await readChecks(folder)
  const modelPath = fileURLToPath(new URL('demo.gguf', folder))
  await using llm = await new LlamaCpp({ modelPath, threads: 1, parallel: 8, gpu: false }).load()
  const results = await measureAbilities(llm, checks)
  const lines = unicodeLines(1000, 4)
  const otherIds = await linesOfOtherIds(folder, lines)
  const instructions = 500
  const magpie = await measureMagpie(llm, checks, instructions)
  const [capitals = 0] = results.filter(({ ability }) => ability === 'capital').map(countCapitals)
  const contextWindow = llm.metadata.contextWindow ?? 0
  return [
    ...results.map(figureOf),
    { name: 'capitals known', value: capitals, bar: atLeast(40), unit: 'capitals', failures: [] },
    refusedAmongTaught(results),
    share('instructions well-formed', magpie.wellFormed, instructions, atLeast(0.95), magpie.malformed),
    share('instructions distinct', magpie.distinct, instructions, atLeast(0.6)),
    {
      name: 'other token ids',
      value: otherIds.length,
      bar: atMost(0),
      unit: 'lines',
      of: lines.length,
      failures: otherIds,
    },
    { name: 'context window', value: contextWindow, bar: atLeast(1024), unit: 'tokens', failures: [] },
    { name: 'file', value: (await stat(modelPath)).size / 1e6, bar: atMost(8), unit: 'MB', failures: [] },
    {
      name: 'speed on one core',
      value: await measureSpeed(llm, checks.animals),
      bar: atLeast(500),
      unit: 'tokens/s',
      failures: [],
    },
  ]
}

const atLeast = (value: number): Figure['bar'] => ({ kind: 'at least', value })
const atMost = (value: number): Figure['bar'] => ({ kind: 'at most', value })

function share(name: string, count: number, of: number, bar: Figure['bar'], failures: readonly string[] = []): Figure {
  return { name, value: count / of, bar, unit: '%', of, failures }
}

function figureOf({ ability, asked, right, wrong }: AbilityResult): Figure {
  const failures = wrong.map(({ check, answer }) => `${check.messages.at(-1)?.content as string} -> ${answer}`)
  return share(ability, right, asked, atLeast(bars[ability]), failures)
}

/** Countries of which every question was answered rightly. */
function countCapitals({ asked, wrong }: AbilityResult): number {
  return asked / 3 - new Set(wrong.map(({ check }) => check.answer)).size
}

function refusedAmongTaught(results: readonly AbilityResult[]): Figure {
  const taught = results.filter(({ ability }) => ability !== 'unknown')
  const total = (key: 'asked' | 'refused'): number => taught.reduce((sum, each) => sum + each[key], 0)
  return share('taught, but refused', total('refused'), total('asked'), atMost(0.02))
}
