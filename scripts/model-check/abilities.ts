import type { LlamaCpp } from '../../src/llama-cpp/index.js'
import { abilities, type Ability, type Check, type Checks } from './checks.js'
import { isRight, refusal } from './judge.js'

/** How many questions of an ability were answered rightly. */
export interface AbilityResult {
  readonly ability: Ability
  readonly asked: number
  readonly right: number
  /** "I don't know." */
  readonly refused: number
  readonly wrong: readonly { readonly check: Check; readonly answer: string }[]
}

/** Puts the questions to the model, greedily. */
export async function measureAbilities(llm: LlamaCpp, { checks, animals }: Checks): Promise<readonly AbilityResult[]> {
  const outputs = await llm.generate(
    checks.map(({ messages }) => messages),
    { temperature: 0, maxTokens: 150, throwOnError: true },
  )
  const answered = checks.map((check, index) => ({ check, answer: outputs[index]?.generations[0] ?? '' }))
  return abilities
    .map((ability) => answered.filter(({ check }) => check.ability === ability))
    .filter((own) => own.length > 0)
    .map((own) => {
      const wrong = own.filter(({ check, answer }) => !isRight(check, answer, animals))
      const refused = own.filter(({ answer }) => answer === refusal).length
      const [
        {
          check: { ability },
        },
      ] = own as [(typeof own)[0]]
      return { ability, asked: own.length, right: own.length - wrong.length, refused, wrong }
    })
}
