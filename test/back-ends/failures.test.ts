/** How every server refuses, fails, dies and is left, and what the caller gets: the code, whether it is sent again, whether a run ends. */
import { describe, expect, it } from 'vitest'

import type { Route } from '../../src/contract/capabilities.js'
import { drain, errorOf } from '../support/outcome-of.js'
import { Death } from '../support/servers/engine-server.js'
import { ask, bodiesOf, prompt, question } from './ask.js'
import { JumpingClock } from './jumping-clock.js'
import { backEnds } from './table.js'

const event = { retried: 'retry', waited: 'waiting' } as const

/** Something that happens later. */
function createGate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

describe.each(backEnds.map((backEnd) => [backEnd.name, backEnd] as const))('%s', (_name, backEnd) => {
  const routes: readonly Route[] = backEnd.paths.completion === undefined ? ['chat'] : ['chat', 'completion']
  const cases = routes.flatMap((route) =>
    (['json', 'stream'] as const).flatMap((wireMode) =>
      backEnd.failures.map((failure) => [failure.what, failure.outcome, route, wireMode, failure] as const),
    ),
  )

  it.each(cases)('%s: %s (%s, %s)', async (_what, outcome, route, wireMode, { code, refusal }) => {
    let count = 0
    const clock = new JumpingClock()
    const { llm, server } = await backEnd.open({
      runtime: clock.runtime,
      answer: () => {
        if (count++ === 0) throw refusal
        return 'At last.'
      },
    })
    await llm.load()
    const pauses = clock.follow(llm)
    const call = ask(llm, route, { wireMode })
    if (outcome === 'retried' || outcome === 'waited') {
      const { text, timings } = await call
      expect([text, timings.attempts]).toEqual(['At last.', 2])
      expect(pauses).toEqual([`${event[outcome]}: ${code}`])
    } else {
      const error = await errorOf(call)
      expect(error).toMatchObject({ code, isRetryable: false, isFatal: outcome === 'fails the run' })
      expect(pauses).toEqual([])
    }
    expect(bodiesOf(server)).toHaveLength(count)
  })

  it('refuses a wrong key once, which ends a run', async () => {
    const { llm, server } = await backEnd.open({ serverKey: 'xf-right-key', apiKey: 'xf-wrong-key' })
    const error = await errorOf(llm.chat(question))
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', isRetryable: false, isFatal: true })
    expect(JSON.stringify(error) + error.message).not.toContain('wrong-key')
    const asked = server.requests.map(({ method, path }) => `${method} ${path}`)
    expect(asked).toEqual([...new Set(asked)])
  })

  it('sends the right key with every request', async () => {
    const { llm, server } = await backEnd.open({ serverKey: 'xf-right-key' })
    expect((await llm.chat(question)).text).toBe('One two three four')
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer xf-right-key')
  })

  it(`has a model that is not there ${backEnd.otherModel === 'ignored' ? 'ignored' : 'refused, which ends a run'}`, async () => {
    const { llm } = await backEnd.open()
    const call = llm.chat(question, { extraBody: { model: 'org/other' } })
    if (backEnd.otherModel === 'ignored') expect((await call).text).toBe('One two three four')
    else expect(await errorOf(call)).toMatchObject({ code: 'MODEL_NOT_FOUND', isRetryable: false, isFatal: true })
  })

  describe.each(routes)('in the middle of a stream (%s)', (route) => {
    it('fails with what the server says, and with the text so far', async () => {
      const { refusal, status } = backEnd.failure
      const tokens = function* (): Generator<string> {
        yield 'Hel'
        throw refusal
      }
      const { llm, server } = await backEnd.open({ answer: () => ({ tokens: tokens() }) })
      const { parts, error } = await (route === 'chat'
        ? drain(llm.streamChat(question))
        : drain(llm.streamComplete(prompt, { raw: true })))
      expect(parts.map(({ delta }) => delta).join('')).toBe('Hel')
      expect(error).toMatchObject({ code: 'SERVER_ERROR', partial: { text: 'Hel' } })
      if (status !== undefined) expect(error?.status).toBe(status)
      expect(bodiesOf(server)).toHaveLength(1)
    })

    it('is truncated by the death of the server, and not sent again', async () => {
      const gate = createGate()
      const tokens = async function* (): AsyncGenerator<string> {
        yield 'Hel'
        await gate.opened
        throw new Death()
      }
      const { llm, server } = await backEnd.open({ answer: () => ({ tokens: tokens() }) })
      const deltas: string[] = []
      const stream = route === 'chat' ? llm.streamChat(question) : llm.streamComplete(prompt, { raw: true })
      const reading = (async () => {
        for await (const { delta } of stream) {
          deltas.push(delta)
          gate.open()
        }
      })()
      expect(await errorOf(reading)).toMatchObject({ code: 'STREAM_TRUNCATED', partial: { text: 'Hel' } })
      expect(deltas.join('')).toBe('Hel')
      expect(bodiesOf(server)).toHaveLength(1)
    })

    it("is left at the caller's signal, and the server sees it", async () => {
      const tokens = async function* (): AsyncGenerator<string> {
        yield 'Hel'
        await createGate().opened
      }
      const { llm, server } = await backEnd.open({ answer: () => ({ tokens: tokens() }) })
      const controller = new AbortController()
      const { signal } = controller
      const stream =
        route === 'chat' ? llm.streamChat(question, { signal }) : llm.streamComplete(prompt, { raw: true, signal })
      const reading = (async () => {
        for await (const { delta } of stream) if (delta !== '') controller.abort()
      })()
      expect(await errorOf(reading)).toMatchObject({ code: 'ABORTED', partial: { text: 'Hel' } })
      await server.answerLeft
    })
  })
})
