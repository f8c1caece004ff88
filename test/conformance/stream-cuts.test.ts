/** However the network cuts a stream, it says the same. Over an injected `fetch`, which is quick enough for every cut. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type CompletionStreamPart, isHeadraceError, Xinference } from '../../src/index.js'
import { fixture } from '../support/fixtures.js'
import { type RecordedStream, recordedStreams } from '../support/recorded-streams.js'
import { listedModel, realRuntime } from '../support/xinference-server.js'

/** A model whose answers arrive in the chunks that `next` was given last. */
function createModel(recorded: RecordedStream) {
  let chunks: readonly Uint8Array[] = []
  const llm = new Xinference(
    {
      modelUid: 'my-qwen',
      modelDescription: { ...listedModel, ...recorded.model },
      maxRetries: 0,
      fetch: async () => {
        const rest = [...chunks]
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            const chunk = rest.shift()
            if (chunk === undefined) controller.close()
            else controller.enqueue(chunk)
          },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
      },
    },
    { runtime: realRuntime() },
  )
  return async (next: readonly Uint8Array[]): Promise<{ parts: string; text: string; end: string }> => {
    chunks = next
    const parts: unknown[] = []
    let text = ''
    const source =
      recorded.kind === 'chat'
        ? llm.streamChat([{ role: 'user', content: 'Hi' }])
        : llm.streamComplete('', { raw: true })
    try {
      for await (const part of source as AsyncIterable<CompletionStreamPart>) {
        text = part.text
        parts.push(part.type === 'finish' ? { ...part.response, timings: undefined } : part)
      }
      return { parts: JSON.stringify(parts), text, end: 'complete' }
    } catch (error) {
      if (!isHeadraceError(error)) throw error
      return { parts: JSON.stringify(parts), text: error.partial?.text ?? '', end: error.code }
    }
  }
}

function cut(bytes: Uint8Array, positions: readonly number[]): readonly Uint8Array[] {
  const ends = [...positions].toSorted((one, other) => one - other)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

const lineEnds = [
  ['CRLF', '\r\n'],
  ['LF', '\n'],
  ['CR', '\r'],
] as const

function withLineEnds(bytes: Buffer, end: string): Buffer {
  return Buffer.from(bytes.toString('utf8').replaceAll('\r\n', end))
}

describe.each(recordedStreams)('$file', (recorded) => {
  // LF alone is among the random cuts below: it has no cut that CRLF has not.
  it.each(lineEnds.filter(([name]) => name !== 'LF'))(
    'gives the same parts cut at every byte, with %s',
    async (_name, end) => {
      const bytes = withLineEnds(fixture(recorded.file), end)
      const read = createModel(recorded)
      const whole = await read([bytes])
      expect(whole.end).toBe('complete')
      for (let position = 1; position < bytes.length; position++) {
        const { parts } = await read(cut(bytes, [position]))
        if (parts !== whole.parts) expect({ position, parts }).toEqual({ position, parts: whole.parts })
      }
    },
  )

  it('gives the same parts cut anywhere, several times, and byte by byte', async () => {
    const bytes = fixture(recorded.file)
    const read = createModel(recorded)
    const whole = await read([bytes])
    const everyByte = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)
    expect(await read(cut(bytes, everyByte))).toEqual(whole)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...lineEnds),
        fc.array(fc.nat({ max: bytes.length - 40 }), { maxLength: 12 }),
        async ([, end], positions) => {
          expect((await read(cut(withLineEnds(bytes, end), positions))).parts).toBe(whole.parts)
        },
      ),
      { numRuns: 50, seed: 20_261_122 },
    )
  })

  it('is truncated, never malformed, when it ends at any byte before its answer does', async () => {
    const bytes = fixture(recorded.file)
    const read = createModel(recorded)
    const whole = await read([bytes])
    let isComplete = false
    for (let length = 0; length <= bytes.length; length++) {
      const { end, text } = await read([bytes.subarray(0, length)])
      if (end === 'complete') isComplete = true
      // Once the reason has arrived the answer is complete; from then on it stays so.
      const expected = isComplete ? 'complete' : 'STREAM_TRUNCATED'
      if (end !== expected || !whole.text.startsWith(text)) {
        expect({ length, end, text }).toEqual({ length, end: expected, text: whole.text })
      }
    }
    expect(isComplete).toBe(true)
  })
})
