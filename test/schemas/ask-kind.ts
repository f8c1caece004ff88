import { HeadraceError } from '../../src/errors/headrace-error.js'
import type { LlamaCpp } from '../../src/llama-cpp/llama-cpp.js'
import type { SchemaKind } from './read-kinds.js'

/** What came of the questions about a kind. */
export interface KindAnswers {
  readonly name: string
  readonly asked: number
  readonly valid: number
  /** The sentence with which the kind was refused before the first question. */
  readonly refusal: string | undefined
  readonly failures: readonly string[]
  readonly longest: number
  readonly warnings: readonly string[]
}

const prompts = [
  'Who are you?',
  'Fill in the form, please.',
  'Nora is 31 years old and likes blue. As JSON, please.',
  'Invent an example.',
  'How much is 27 plus 45?',
  'Tell me a story about a fox.',
  'Überrasche mich!',
  'What is the capital of Norway?',
  '',
] as const

/** Puts `count` questions, each with a seed of its own, half of them greedy and half at temperature 1. */
export async function askKind(llm: LlamaCpp, { name, schema }: SchemaKind, count: number): Promise<KindAnswers> {
  const failures: string[] = []
  const warnings = new Set<string>()
  let refusal: string | undefined
  let longest = 0
  const ask = async (index: number): Promise<void> => {
    try {
      const { usage, warnings: given } = await llm.chat(
        [{ role: 'user', content: prompts[index % prompts.length] as string }],
        {
          structuredOutput: { format: 'json', schema },
          seed: index + 1,
          ...(index % 2 === 0 ? { temperature: 0 } : { temperature: 1 }),
        },
      )
      longest = Math.max(longest, usage?.outputTokens ?? 0)
      for (const { message } of given) warnings.add(message)
    } catch (error) {
      if (!(error instanceof HeadraceError)) throw error
      if (error.code === 'UNSUPPORTED_OPTION') refusal = error.message
      else failures.push(`${error.code}: ${error.message} ${JSON.stringify(error.partial?.text ?? '')}`)
    }
  }
  await ask(0)
  if (refusal === undefined) await Promise.all(Array.from({ length: count - 1 }, (_, index) => ask(index + 1)))
  const asked = refusal === undefined ? count : 1
  return {
    name,
    asked,
    valid: refusal === undefined ? asked - failures.length : 0,
    refusal,
    failures,
    longest,
    warnings: [...warnings],
  }
}
