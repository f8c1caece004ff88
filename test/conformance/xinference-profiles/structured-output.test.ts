/** What becomes of a `structuredOutput` on each engine of each version of the server. */
import { describe, expect, it } from 'vitest'

import type { ChatMessage, StructuredOutput, Xinference } from '../../../src/index.js'
import { errorOf } from '../../support/outcome-of.js'
import { chatRoute, completionRoute } from '../../support/xinference-server.js'
import { engines, versions } from '../../support/xinference-profiles/profile.js'
import { type Constrained, type Constraints, expected } from './expected.js'
import { openProfile } from './open-profile.js'

const question: readonly ChatMessage[] = [{ role: 'user', content: 'Who?' }]
const schema = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
} as const

/** What is asked, and what a text looks like that obeys. */
const outputs: readonly { readonly output: StructuredOutput; readonly text: string; readonly parsed: unknown }[] = [
  { output: { format: 'json', schema }, text: '{"name": "Ada"}', parsed: { name: 'Ada' } },
  { output: { format: 'regex', schema: '[0-9]{4}' }, text: '2026', parsed: '2026' },
  { output: { format: 'choice', schema: ['red', 'blue'] }, text: 'red', parsed: 'red' },
  { output: { format: 'grammar', schema: 'root ::= "yes" | "no"' }, text: 'yes', parsed: 'yes' },
]

type Format = StructuredOutput['format']

function byFormat([json, regex, choice, grammar]: Constraints): readonly (readonly [Format, Constrained])[] {
  return [
    ['json', json],
    ['regex', regex],
    ['choice', choice],
    ['grammar', grammar],
  ]
}

type Ask = (llm: Xinference, structuredOutput: StructuredOutput) => PromiseLike<{ text: string; parsed: unknown }>

const chat: Ask = (llm, structuredOutput) => llm.chat(question, { structuredOutput })
const literal: Ask = (llm, structuredOutput) => llm.complete('Who?', { structuredOutput, raw: true })

describe.each(versions)('server %s', (version) => {
  describe.each(engines)('with %s', (engine) => {
    it.each(byFormat(expected[version].structuredOutput[engine]))('has a %s %s', async (format, outcome) => {
      const { server, llm } = await openProfile(version, { differs: { engine } })
      await check(llm, chat, format, outcome)
      const sent = server.bodiesTo(chatRoute)[0]
      expect(sent === undefined).toBe(outcome === 'refused')
    })
  })

  it.each(byFormat(expected[version].structuredText))(
    'has a %s of literal text on vLLM %s',
    async (format, outcome) => {
      const { server, llm } = await openProfile(version)
      await check(llm, literal, format, outcome)
      expect(server.requestsTo(completionRoute)).toHaveLength(outcome === 'refused' ? 0 : 1)
    },
  )

  it('has none of literal text on llama.cpp', async () => {
    const { server, llm } = await openProfile(version, { differs: { engine: 'llama.cpp' } })
    for (const { output } of outputs) await check(llm, literal, output.format, 'refused')
    expect(server.requestsTo(completionRoute)).toEqual([])
  })
})

async function check(llm: Xinference, ask: Ask, format: Format, outcome: Constrained): Promise<void> {
  const asked = outputs.find(({ output }) => output.format === format)
  if (asked === undefined) throw new Error(`Nothing is asked with ${format}.`)
  const call = ask(llm, { ...asked.output, strict: true, maxAttempts: 1 })
  const code = { ignored: 'INVALID_OUTPUT', refused: 'UNSUPPORTED_OPTION', fails: 'SERVER_ERROR' } as const
  if (outcome === 'obeyed') expect(await call).toMatchObject({ text: asked.text, parsed: asked.parsed })
  else expect(await errorOf(call)).toMatchObject({ code: code[outcome] })
}

describe('the fields that are sent', () => {
  const bodyOf = async (
    version: (typeof versions)[number],
    engine: (typeof engines)[number],
    structuredOutput: StructuredOutput,
    raw = false,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const { server, llm } = await openProfile(version, { differs: { engine } })
    // An engine that ignores them answers something else.
    await Promise.allSettled([llm.complete('Who?', { structuredOutput, raw })])
    const [body] = server.bodiesTo(raw ? completionRoute : chatRoute)
    const names = ['response_format', 'guided_json', 'guided_regex', 'guided_choice', 'guided_grammar']
    names.push('guided_whitespace_pattern')
    return Object.fromEntries(Object.entries(body ?? {}).filter(([name]) => names.includes(name)))
  }
  const responseFormat = { type: 'json_schema', json_schema: { name: 'output', schema, strict: true } }
  const json = { format: 'json', schema, whitespacePattern: ' ?' } as const

  it.each([
    ['3.2', 'llama.cpp', json, { response_format: responseFormat }],
    ['3.2', 'SGLang', json, { response_format: responseFormat }],
    ['3.2', 'vLLM', json, { response_format: responseFormat, guided_whitespace_pattern: ' ?' }],
    ['3.2', 'vLLM', outputs[1]?.output, { guided_regex: '[0-9]{4}' }],
    ['3.2', 'vLLM', outputs[2]?.output, { guided_choice: ['red', 'blue'] }],
    ['3.2', 'vLLM', outputs[3]?.output, { guided_grammar: 'root ::= "yes" | "no"' }],
    ['2.6', 'vLLM', json, { response_format: responseFormat, guided_json: schema, guided_whitespace_pattern: ' ?' }],
    ['2.6', 'llama.cpp', json, { response_format: responseFormat }],
  ] as const)('server %s, %s: %j', async (version, engine, output, fields) => {
    expect(await bodyOf(version, engine, output as StructuredOutput)).toEqual(fields)
  })

  it('of literal text are those that vLLM reads there', async () => {
    expect(await bodyOf('4.1', 'vLLM', json, true)).toEqual({ guided_json: schema, guided_whitespace_pattern: ' ?' })
  })
})
