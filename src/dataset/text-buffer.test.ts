import { describe, expect, it } from 'vitest'

import { TextBuffer } from './text-buffer.js'

const everyByte = Array.from({ length: 256 }, (_, unit) => String.fromCharCode(unit)).join('')
const texts = [
  '',
  'a',
  '"',
  '\\\n',
  everyByte,
  `${everyByte} 水 \u2028 😀`.repeat(3),
  '\ud800 alone',
  '\n'.repeat(70_000),
]

describe('TextBuffer', () => {
  it.each(texts)('writes a text as JSON as JSON.stringify does (%#)', (text) => {
    const buffer = new TextBuffer()
    buffer.write('before ')
    buffer.writeJSON(text)
    buffer.write(' after')
    expect(Buffer.from(buffer.bytes).toString('utf8')).toBe(`before ${JSON.stringify(text)} after`)
  })
})
