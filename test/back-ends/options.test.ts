/** What becomes of every option on every route of every server: its form on the wire, or a refusal before anything is sent. */
import { describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import { errorOf } from '../support/outcome-of.js'
import { XinferenceServer } from '../support/servers/xinference.js'
import { ask, bodiesOf, difference } from './ask.js'
import type { BackEnd, OptionForms } from './back-end.js'
import { caseOptions, optionCases } from './option-cases.js'
import { backEnds } from './table.js'

type RouteCase = readonly [BackEnd, Route, OptionForms]

const routes: readonly RouteCase[] = backEnds.flatMap((backEnd) =>
  Object.entries(backEnd.options).map(([route, forms]): RouteCase => [backEnd, route as Route, forms]),
)

describe.each(routes.map((each) => [each[0].name, each[1], each] as const))(
  '%s, %s',
  (_name, route, [backEnd, , forms]) => {
    const honoured = caseOptions.filter((option) => forms[option] !== 'refused')
    const refused = caseOptions.filter((option) => forms[option] === 'refused')

    it.each(honoured)('is sent %s in its form, and nothing else', async (option) => {
      const { llm, server } = await backEnd.open()
      const { value, beside = {} } = optionCases[option]
      await ask(llm, route, { ...beside, wireMode: 'json' })
      const { text, warnings } = await ask(llm, route, { ...beside, wireMode: 'json', [option]: value })
      expect(difference(bodiesOf(server))).toStrictEqual(forms[option])
      expect(text).toContain('One two three four')
      expect(warnings).toEqual([])
      // What the HTTP layer of a server drops is not sent.
      if (server instanceof XinferenceServer && option !== 'extraBody') expect(server.kept).toEqual(bodiesOf(server))
    })

    it.each(refused)('refuses %s before anything is sent, or leaves it out with a warning', async (option) => {
      const { llm, server } = await backEnd.open()
      const { value } = optionCases[option]
      expect(await errorOf(ask(llm, route, { [option]: value }))).toMatchObject({
        code: 'UNSUPPORTED_OPTION',
        option,
        isFatal: false,
      })
      expect(bodiesOf(server)).toEqual([])
      const lenient = llm.with({ unsupportedOptions: 'warn' })
      await ask(lenient, route)
      const { text, warnings } = await ask(lenient, route, { [option]: value })
      await lenient.unload()
      expect(difference(bodiesOf(server))).toEqual({})
      expect(text).toBe('One two three four')
      expect(warnings).toMatchObject([
        { code: 'unsupported-option', message: expect.stringContaining(option) as string },
      ])
    })

    it.each(backEnd.edges.filter(([where]) => where === route))('%s: takes %s: %j', async (...edge) => {
      const [, option, value, form] = edge
      const { llm, server } = await backEnd.open()
      await ask(llm, route, { wireMode: 'json' })
      await ask(llm, route, { wireMode: 'json', [option]: value })
      expect(difference(bodiesOf(server))).toStrictEqual(form)
    })

    it('is never sent null', async () => {
      const { llm, server } = await backEnd.open()
      const unset = Object.fromEntries(caseOptions.map((option) => [option, undefined]))
      await ask(llm, route, unset)
      await ask(llm, route, { ...unset, wireMode: 'json' })
      expect(bodiesOf(server)).toHaveLength(2)
      expect(JSON.stringify(bodiesOf(server))).not.toContain('null')
    })
  },
)
