/** Rows that say what their answers must look like. */
import { expect, it } from 'vitest'

import { generateDataset } from 'headrace'

import { chatAnswer, chatRoute } from '../support/xinference-server.js'
import { modelOn, readLines, scratch, startEcho } from './support.js'

const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

it('are held to it, asked again, and told why they are invalid', async () => {
  const path = await scratch()
  const server = await startEcho((prompt) => (prompt === 'a' ? chatAnswer('{"name": "Ada"}') : undefined))
  const source = [
    { prompt: 'a', structured_output: { format: 'json', schema } },
    { prompt: 'b', structured_output: { format: 'json', schema, maxAttempts: 3 } },
    { prompt: 'c', structured_output: { format: 'csv', schema } },
    { prompt: 'd', structured_output: null },
  ]
  const { counts, requests } = await generateDataset({ llm: modelOn(server), source, sink: path('out.jsonl') })
  expect(counts).toMatchObject({ ok: 2, invalid: 2 })
  expect(requests).toBe(5)
  const rows = await readLines(path('out.jsonl'))
  expect(rows.map(({ generation, input_tokens: tokens }) => [generation, tokens])).toEqual([
    ['{"name": "Ada"}', 9],
    // All three answers.
    [null, 27],
    [null, null],
    ['re: d', 9],
  ])
  expect(rows.map(({ error }) => error)).toEqual([
    null,
    expect.stringMatching(/^The answer is not JSON: .* \[INVALID_OUTPUT\]$/),
    expect.stringMatching(/"structured_output" must have a format .* \[INVALID_ROW\]$/),
    null,
  ])
  const formats = server.bodiesTo(chatRoute).map((body) => 'response_format' in body)
  expect(formats.filter(Boolean)).toHaveLength(4)
  expect(formats.filter((has) => !has)).toHaveLength(1)
})
