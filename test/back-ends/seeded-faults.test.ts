/** `npm run test:faults-seeded` puts the faults in; here it is only seen that each has its place. */
import { readFile } from 'node:fs/promises'

import { expect, it } from 'vitest'

import { faults } from './seeded-faults.js'

const root = new URL('../../', import.meta.url)

it('are ten and more, in all dialects', () => {
  expect(faults.length).toBeGreaterThanOrEqual(10)
  const dialects = new Set(faults.map(({ path }) => path.split('/')[2]))
  expect([...dialects].toSorted()).toEqual(
    ['hf-router', 'llama-server', 'openai', 'sglang', 'tgi', 'vllm', 'xinference'].toSorted(),
  )
})

it.each(faults)('$fault: stands in $path once', async ({ path, text, replacement }) => {
  const source = await readFile(new URL(path, root), 'utf8')
  expect(source.split(text)).toHaveLength(2)
  expect(replacement).not.toBe(text)
})
