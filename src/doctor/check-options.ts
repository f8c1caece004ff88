import type { OptionName } from '../contract/capabilities.js'
import type { CallOptions } from '../contract/options.js'
import type { LLM } from '../llm/llm.js'
import { ask, routesOf } from './ask.js'
import type { Finding } from './finding.js'

/** Options whose effect can be seen from outside. */
export async function* checkOptions(
  llm: LLM,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding, void, undefined> {
  const [route] = routesOf(llm)
  if (route === undefined) return
  const check = async (
    option: OptionName,
    find: (asked: (options: CallOptions) => ReturnType<typeof ask>) => Promise<Omit<Finding, 'name'>>,
  ): Promise<Finding> => {
    const gap = llm.capabilities.unsupported?.[option] ?? llm.capabilities.unsupportedOn?.[route]?.[option]
    if (gap !== undefined) return { name: option, verdict: 'not-offered', message: `It is refused here: ${gap}.` }
    return { name: option, ...(await find((options) => ask(llm, route, { ...options, signal }))) }
  }
  yield check('logprobs', async (asked) => {
    const { answer, error } = await asked({ logprobs: 1 })
    if (answer === undefined) return refused(error)
    return answer.logprobs === undefined
      ? { verdict: 'lies', message: 'It takes logprobs and gives none: do without.' }
      : { verdict: 'works', message: 'It gives log-probabilities.' }
  })
  yield check('seed', async (asked) => {
    const options = { seed: 7, temperature: 1, maxTokens: 16 }
    const [one, other] = [await asked(options), await asked(options)]
    if (one.answer === undefined) return refused(one.error)
    if (other.answer === undefined) return refused(other.error)
    return one.answer.text === other.answer.text
      ? { verdict: 'works', message: 'The same seed gives the same text.' }
      : { verdict: 'lies', message: 'The same seed gives another text: do not count on repeating an answer.' }
  })
  yield check('stop', async (asked) => {
    const free = await asked({ maxTokens: 16 })
    if (free.answer === undefined) return refused(free.error)
    const { text } = free.answer
    const stop = text.trim().slice(3, 6)
    const before = text.slice(0, text.indexOf(stop))
    if (stop.trim() === '')
      return { verdict: 'unknown', message: `Its answer ${JSON.stringify(text)} is too short to cut.` }
    const { answer, error } = await asked({ maxTokens: 16, stop })
    if (answer === undefined) return refused(error)
    if (answer.text === before) return { verdict: 'works', message: 'It ends before a stop string.' }
    return answer.text.includes(stop)
      ? { verdict: 'lies', message: `It goes on after the stop string ${JSON.stringify(stop)}: cut answers yourself.` }
      : {
          verdict: 'unknown',
          message: 'It answered differently the second time, so stop strings could not be seen at work.',
        }
  })
  if (llm.metadata.isFunctionCallingModel && route === 'chat') {
    yield check('tools', async (asked) => {
      const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
      const tool = { name: 'weather', description: 'The weather in a city.', parameters }
      const { answer, error } = await asked({ tools: [tool], maxTokens: 48 })
      if (answer === undefined) return refused(error)
      return { verdict: 'works', message: 'It takes tools (whether the model calls them is up to the model).' }
    })
  }
}

function refused(error: Error): Omit<Finding, 'name'> {
  return { verdict: 'refused', message: `It is refused: ${error.message}` }
}
