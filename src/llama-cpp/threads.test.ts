import { describe, expect, it } from 'vitest'

import { chooseThreads, parseQuota, readThreadFacts, type ThreadFacts } from './threads.js'

const megabyte = 1024 * 1024
const idle: ThreadFacts = {
  modelBytes: 8000 * megabyte,
  mathCores: 8,
  usableCores: 16,
  machineCores: 16,
  quotaCores: Infinity,
  load: 0,
}

describe('chooseThreads', () => {
  it.each([
    ['a large model on an idle machine: every core that is good for arithmetic', {}, 8],
    ['a tiny model: one', { modelBytes: 3 * megabyte }, 1],
    ['a small model: as many as it has work for', { modelBytes: 200 * megabyte }, 4],
    ['a busy machine: the cores that are left', { load: 12.6 }, 3],
    ['an overloaded machine: one', { load: 40 }, 1],
    ['a container: its limit', { quotaCores: 2.5 }, 2],
    ['a container with less than a core: one', { quotaCores: 0.5 }, 1],
    ['a process bound to some cores: those', { usableCores: 2 }, 2],
    ['a busy host around a container: the container does not suffer', { machineCores: 64, load: 30, quotaCores: 4 }, 4],
  ])('gives %s', (_, facts, expected) => {
    expect(chooseThreads({ ...idle, ...facts })).toBe(expected)
  })

  it('goes by facts of this machine', async () => {
    const facts = await readThreadFacts(megabyte, 4)
    expect(facts).toMatchObject({ modelBytes: megabyte, mathCores: 4 })
    expect(facts.quotaCores).toBeGreaterThan(0)
    expect(chooseThreads(facts)).toBe(1)
  })
})

describe('parseQuota', () => {
  it.each([
    ['max 100000\n', Infinity],
    ['150000 100000\n', 1.5],
    ['-1 100000', Infinity],
    [' ', Infinity],
  ])('reads %j', (text, cores) => {
    expect(parseQuota(text)).toBe(cores)
  })
})
