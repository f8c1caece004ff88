import type { Route } from '../contract/capabilities.js'
import type { LLM } from '../llm/llm.js'
import { ask, attempt, offersRoute, type Outcome, question, routeNames } from './ask.js'
import type { Finding } from './finding.js'

/** Both routes, whole and streamed, and what they count. */
export async function* checkRoutes(
  llm: LLM,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding, void, undefined> {
  for (const route of ['chat', 'completion'] as const) {
    if (!offersRoute(llm, route)) {
      yield { name: route, verdict: 'not-offered', message: `It takes no ${routeNames[route]}.` }
      continue
    }
    const whole = await ask(llm, route, { signal })
    yield describe(route, whole, `It answers ${routeNames[route]}.`)
    if (whole.answer === undefined) continue
    yield checkUsage(`${route}-usage`, whole, `Answers to ${routeNames[route]}`)
    const streamed = await stream(llm, route, signal)
    yield describe(`${route}-stream`, streamed, `It streams answers to ${routeNames[route]}.`)
    if (streamed.answer !== undefined) {
      yield checkUsage(`${route}-stream-usage`, streamed, `Streams of ${routeNames[route]}`)
    }
  }
}

function stream(llm: LLM, route: Route, signal: AbortSignal | undefined): Promise<Outcome> {
  const options = { maxTokens: 8, temperature: 0, signal }
  return attempt(() =>
    route === 'chat'
      ? llm.streamChat([{ role: 'user', content: question }], options).response()
      : llm.streamComplete(question, { ...options, raw: true }).response(),
  )
}

function describe(name: string, { answer, error }: Outcome, message: string): Finding {
  return answer === undefined
    ? { name, verdict: 'refused', message: `It does not: ${error.message}` }
    : { name, verdict: 'works', message }
}

function checkUsage(name: string, { answer }: Outcome, what: string): Finding {
  const { inputTokens, outputTokens } = answer?.usage ?? {}
  if (inputTokens !== undefined && outputTokens !== undefined) {
    return { name, verdict: 'works', message: `${what} count their tokens (${inputTokens} and ${outputTokens}).` }
  }
  const which = [inputTokens === undefined ? "the prompt's" : '', outputTokens === undefined ? "the answer's" : '']
  return {
    name,
    verdict: 'missing',
    message: `${what} do not count ${which.filter(Boolean).join(' and ')} tokens: give tokenizerId to count prompts here.`,
  }
}
