/** What becomes of every format of `structuredOutput` on every route of every server. */
import { describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import { errorOf } from '../support/outcome-of.js'
import { ask, bodiesOf, difference, question } from './ask.js'
import type { BackEnd, OutputForms } from './back-end.js'
import { outputCases, outputFormats } from './option-cases.js'
import { backEnds } from './table.js'

const routes = backEnds.flatMap((backEnd) =>
  Object.entries(backEnd.outputs).map(
    ([route, forms]) =>
      [backEnd.name, route as Route, backEnd, forms] as readonly [string, Route, BackEnd, OutputForms],
  ),
)

describe.each(routes)('%s, %s', (_name, route, backEnd, forms) => {
  const honoured = outputFormats.filter((format) => typeof forms[format] === 'object')
  const inWords = outputFormats.filter((format) => forms[format] === 'words')
  const refused = outputFormats.filter((format) => forms[format] === 'refused')

  it.each(honoured)('constrains to a %s by its own field, and validates the answer', async (format) => {
    const { output, fits, misfits } = outputCases[format]
    const texts = ['plain', fits, fits, ...(misfits === undefined ? [] : [misfits, misfits])]
    const { llm, server } = await backEnd.open({ answer: () => texts.shift() ?? '' })
    await ask(llm, route, { wireMode: 'json' })
    const { text, parsed, structuredOutput } = await ask(llm, route, { wireMode: 'json', structuredOutput: output })
    expect(difference(bodiesOf(server))).toStrictEqual(forms[format])
    expect(text).toBe(fits)
    expect(parsed).toEqual(format === 'json' ? JSON.parse(fits) : fits)
    expect(structuredOutput).toEqual({ rung: 'constrained', attempts: 1 })
    const strict = { ...output, strict: true }
    expect((await ask(llm, route, { wireMode: 'stream', structuredOutput: strict })).parsed).toEqual(parsed)
    if (misfits === undefined) return
    const error = await errorOf(ask(llm, route, { structuredOutput: output }))
    expect(error).toMatchObject({
      code: 'INVALID_OUTPUT',
      partial: { text: misfits },
      attempts: [{ text: misfits }, { text: misfits }],
    })
    expect(texts).toEqual([])
  })

  it.each(inWords)('asks for a %s in words, validates the answer and says so', async (format) => {
    const { output, fits, misfits = '' } = outputCases[format]
    const texts = [misfits, fits]
    const { llm, server } = await backEnd.open({ answer: () => texts.shift() ?? '' })
    const strict = { ...output, strict: true }
    expect(await errorOf(ask(llm, route, { structuredOutput: strict }))).toMatchObject({ code: 'UNSUPPORTED_OPTION' })
    expect(bodiesOf(server)).toEqual([])
    const { parsed, structuredOutput, warnings } = await ask(llm, route, { structuredOutput: output })
    expect(parsed).toEqual(format === 'json' ? JSON.parse(fits) : fits)
    expect(structuredOutput).toEqual({ rung: 'prompt', attempts: 2 })
    expect(warnings.filter(({ code }) => code === 'not-constrained')).toHaveLength(1)
    const [first, second] = bodiesOf(server).map(({ messages }) => messages as readonly { content: string }[])
    const { schema } = output
    const form = format === 'json' ? JSON.stringify(schema) : format === 'choice' ? 'red\nblue' : schema
    expect(first).toHaveLength(1)
    expect(first?.[0]?.content).toBe(`${String(question[0]?.content)}\n\n${first?.[0]?.content.split('\n\n')[1]}`)
    expect(first?.[0]?.content).toContain(form)
    // The answer that did not fit, and why.
    expect(second?.slice(0, 2)).toMatchObject([...(first ?? []), { role: 'assistant', content: misfits }])
    expect(second?.[2]?.content).toMatch(/^That answer is not valid:\n- /)
  })

  it.each(refused)(
    'refuses a %s before anything is sent, also when options are left out with a warning',
    async (format) => {
      const { llm, server } = await backEnd.open({ unsupportedOptions: 'warn' })
      for (const wireMode of ['json', 'stream'] as const) {
        expect(
          await errorOf(ask(llm, route, { wireMode, structuredOutput: outputCases[format].output })),
        ).toMatchObject({
          code: 'UNSUPPORTED_OPTION',
          option: 'structuredOutput',
          isFatal: false,
        })
      }
      expect(bodiesOf(server)).toEqual([])
    },
  )
})
