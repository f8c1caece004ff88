import { describe, expect, it } from 'vitest'

import { SeenKeys } from './seen-keys.js'

describe('SeenKeys', () => {
  it('knows what was there, also after it has grown, and what another process had', () => {
    const keys = new SeenKeys()
    const texts = Array.from({ length: 5000 }, (_, index) => `text ${index}`)
    expect(texts.every((text) => keys.add(text))).toBe(true)
    expect(texts.some((text) => keys.add(text))).toBe(false)
    const other = new SeenKeys()
    other.restore(keys.takeFresh())
    expect(other.takeFresh()).toHaveLength(0)
    expect(texts.some((text) => other.add(text))).toBe(false)
    expect(other.add('new')).toBe(true)
    expect(other.takeFresh()).toHaveLength(1)
  })
})
