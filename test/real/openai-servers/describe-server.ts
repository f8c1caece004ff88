import { describe, expect, it } from 'vitest'

import { connect, tokenizerId } from './server.js'

const anyText = expect.stringMatching(/\S/) as string
const question = [{ role: 'user', content: 'What is the capital of Norway?' }] as const

export interface ServerTraits {
  readonly name: string
  readonly engine: string
  /** Whether a conversation gets more than its template gives it. */
  readonly addsToPrompts: boolean
  /** Whether streams are counted. */
  readonly countsStreams: boolean
}

/** What every server of OpenAI's protocol is asked. */
export function describeServer({ name, engine, addsToPrompts, countsStreams }: ServerTraits): void {
  describe(name, () => {
    it('is recognised', async () => {
      const llm = await connect().load()
      expect(llm.server.engine).toBe(engine)
      expect(llm.warnings).toEqual([])
    })

    it.each(['json', 'stream'] as const)('answers a conversation as %s', async (wireMode) => {
      const answer = await connect().chat(question, { wireMode, temperature: 0, maxTokens: 20 })
      expect(answer).toMatchObject({
        text: anyText,
        finishReason: { unified: 'stop' },
        route: 'chat',
        warnings: [],
      })
      const { inputTokens } = answer.usage
      if (wireMode === 'stream' && !countsStreams) expect(inputTokens).toBeUndefined()
      else {
        const { tokens = NaN } = await connect({ tokenizerId }).prepareInput(question)
        if (addsToPrompts) expect(inputTokens).toBeGreaterThan(tokens)
        else expect(inputTokens).toBe(tokens)
      }
    })

    it.each(['json', 'stream'] as const)('continues literal text as %s', async (wireMode) => {
      const llm = connect()
      const answer = await llm.complete('The capital of', { raw: true, wireMode, temperature: 0, maxTokens: 4 })
      expect(answer).toMatchObject({ text: anyText, finishReason: { unified: 'length' }, route: 'completion' })
    })

    it('streams pieces that are the text', async () => {
      const deltas: string[] = []
      let text = ''
      for await (const part of connect().streamChat(question, { temperature: 0 })) {
        deltas.push(part.delta)
        text = part.text
      }
      expect(deltas.length).toBeGreaterThan(3)
      expect(deltas.join('')).toBe(text)
    })

    it('takes conversations that are rendered here, and counts them alike', async () => {
      const llm = connect({ tokenizerId })
      const { tokens } = await llm.prepareInput(question)
      const answer = await llm.chat(question, { wireMode: 'json', temperature: 0 })
      expect(answer).toMatchObject({ text: anyText, route: 'completion' })
      expect(answer.usage.inputTokens).toBe(tokens)
    })

    it.each(['json', 'stream'] as const)('ends before stop strings, as %s', async (wireMode) => {
      const llm = connect()
      const { text } = await llm.chat(question, { wireMode, temperature: 0 })
      const stop = text.slice(4, 9)
      const answer = await llm.chat(question, { wireMode, temperature: 0, stop: ['%%', stop] })
      expect(answer).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finishReason: { unified: 'stop' } })
    })

    it('samples, and says the same for the same seed', async () => {
      const llm = connect()
      const say = async (seed: number): Promise<string> =>
        (
          await llm.complete('Tell me a story about a fox.', {
            seed,
            temperature: 1.5,
            topK: 100,
            maxTokens: 40,
            wireMode: 'json',
          })
        ).text
      const [one, again, other] = [await say(1), await say(1), await say(2)]
      expect(again).toBe(one)
      expect(other).not.toBe(one)
    })

    it('generates twenty answers, in their order', async () => {
      const llm = connect()
      const questions = ['What is the capital of Norway?', 'What is the capital of Peru?'].map(
        (content) => [{ role: 'user', content }] as const,
      )
      const options = { temperature: 0, maxTokens: 20, wireMode: 'json' } as const
      const alone: string[] = []
      for (const each of questions) alone.push((await llm.chat(each, options)).text)
      const inputs = Array.from({ length: 10 }, () => questions).flat()
      const outputs = await llm.generate(inputs, { ...options, concurrency: 4 })
      expect(outputs.map(({ generations: [text] }) => text)).toEqual(Array.from({ length: 10 }, () => alone).flat())
    })
  })
}
