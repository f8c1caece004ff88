import type { Route } from '../contract/capabilities.js'
import type { StructuredOutput } from '../contract/structured-output.js'
import type { LLM } from '../llm/llm.js'
import { ask, routeNames } from './ask.js'
import type { Finding } from './finding.js'

type Format = StructuredOutput['format']

/** What no model writes unless it is made to. */
const improbable: Readonly<Record<Format, StructuredOutput>> = {
  json: {
    format: 'json',
    schema: {
      type: 'object',
      properties: { zq: { type: 'integer' }, qz: { enum: ['zqa', 'zqb'] } },
      required: ['zq', 'qz'],
      additionalProperties: false,
    },
  },
  regex: { format: 'regex', schema: 'zq[0-9]{3}zq' },
  choice: { format: 'choice', schema: ['zqa', 'zqb'] },
  grammar: { format: 'grammar', schema: 'root ::= "zq" [0-9] [0-9] "zq"' },
}
const grammarText = /^zq\d\dzq$/

const formats = ['json', 'regex', 'choice', 'grammar'] as const

/** Each kind of structured output, on each route that claims it. */
export async function* checkConstraints(
  llm: LLM,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding, void, undefined> {
  const { constraints } = llm.capabilities
  for (const format of formats) {
    const routes = (['chat', 'completion'] as const).filter((route) => constraints?.[route]?.[format] !== undefined)
    if (routes.length === 0) {
      yield {
        name: format,
        verdict: 'not-offered',
        message: `The text is not constrained to a ${format} here.`,
      }
    }
    for (const route of routes) yield checkConstraint(llm, route, format, signal)
  }
}

async function checkConstraint(
  llm: LLM,
  route: Route,
  format: Format,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const name = `${format} (${route})`
  const field = llm.capabilities.constraints?.[route]?.[format]
  const { answer, error } = await ask(llm, route, {
    structuredOutput: { ...improbable[format], strict: true, maxAttempts: 1 },
    maxTokens: 64,
    signal,
  })
  const isKept = answer !== undefined && (format !== 'grammar' || grammarText.test(answer.text))
  if (isKept) return { name, verdict: 'works', message: `It constrains ${routeNames[route]} by ${field}.` }
  if (error !== undefined && error.code !== 'INVALID_OUTPUT' && error.code !== 'OUTPUT_TRUNCATED') {
    return { name, verdict: 'refused', message: `It does not take ${field}: ${error.message}` }
  }
  const text = answer?.text ?? error?.partial?.text ?? ''
  return {
    name,
    verdict: 'lies',
    message: `It takes ${field} and ignores it (it wrote ${JSON.stringify(text.slice(0, 60))}): answers will fail validation.`,
  }
}
