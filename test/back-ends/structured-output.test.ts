/** What becomes of every format of `structuredOutput` on every route of every server. */
import { describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import { errorOf } from '../support/outcome-of.js'
import { ask, bodiesOf, difference } from './ask.js'
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
  const honoured = outputFormats.filter((format) => forms[format] !== 'refused')
  const refused = outputFormats.filter((format) => forms[format] === 'refused')

  it.each(honoured)('constrains to a %s by its own field, and validates the answer', async (format) => {
    const { output, fits, misfits } = outputCases[format]
    const texts = ['plain', fits, fits, ...(misfits === undefined ? [] : [misfits])]
    const { llm, server } = await backEnd.open({ answer: () => texts.shift() ?? '' })
    await ask(llm, route, { wireMode: 'json' })
    const { text, parsed } = await ask(llm, route, { wireMode: 'json', structuredOutput: output })
    expect(difference(bodiesOf(server))).toStrictEqual(forms[format])
    expect(text).toBe(fits)
    expect(parsed).toEqual(format === 'json' ? JSON.parse(fits) : fits)
    expect((await ask(llm, route, { wireMode: 'stream', structuredOutput: output })).parsed).toEqual(parsed)
    if (misfits === undefined) return
    const error = await errorOf(ask(llm, route, { structuredOutput: output }))
    expect(error).toMatchObject({ code: 'INVALID_OUTPUT', partial: { text: misfits } })
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
