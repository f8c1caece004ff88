import type { HeadraceError } from '../../src/index.js'
import type { LLM } from '../../src/llm/llm.js'
import { readKinds } from '../schemas/read-kinds.js'

/** Of those that `npm run test:schemas` asks the embedded engine. */
const askedKinds = readKinds().filter(({ name }) => /^(02|03|04|05|08)-/.test(name))

/** How one answer of each of five kinds of schema ended: `valid, RUNG`, or the error's code. */
export async function endsOfFiveKinds(llm: LLM): Promise<Readonly<Record<string, string>>> {
  const ended: Record<string, string> = {}
  for (const { name, schema } of askedKinds) {
    const structuredOutput = { format: 'json', schema, strict: true, maxAttempts: 1 } as const
    const call = llm.complete('Nora is 31 years old and likes blue. As JSON, please.', {
      temperature: 0,
      maxTokens: 400,
      structuredOutput,
    })
    ended[name] = await call.then(
      (response) => `valid, ${response.structuredOutput?.rung}`,
      (error: HeadraceError) => error.code,
    )
  }
  return ended
}
