import { describe, expect, it } from 'vitest'

import { judgeInstruction, judgeResponse, toKey } from './judge-turn.js'

const said = (text: string, unified: 'stop' | 'length' = 'stop'): Parameters<typeof judgeInstruction>[0] => ({
  text,
  finishReason: { unified, raw: undefined },
})

describe('judgeInstruction', () => {
  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['How do I<|eot_id|>', 'run-on'],
    ['How?[/INST] So', 'run-on'],
    ['How?<end_of_turn>\n<start_of_turn>model', 'run-on'],
    ['How are you?assistant\n\nI am fine.', 'run-on'],
    ['How are you?\nASSISTANT: Fine.\nassistant\n', 'run-on'],
    ['be BRIEF', 'echo'],
    ['What is  2+2', 'echo'],
  ])('%j is %s', (text, reason) => {
    const before = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What is 2+2?' },
    ] as const
    expect(judgeInstruction(said(text), before)).toMatchObject({ reason })
  })

  it.each([
    'What does an assistant do?',
    'Write a letter to my assistant about <html> and a[INDEX].',
    'Explain `if (a < b || c > d)` in C.',
    'Как дела?',
  ])('%j is one', (text) => {
    expect(judgeInstruction(said(text), [])).toBeUndefined()
  })

  it('one that was cut off is not, whatever it says; an answer may be', () => {
    expect(judgeInstruction(said('Why is the', 'length'), [])).toMatchObject({ reason: 'cut' })
    expect(judgeResponse(said('It is', 'length'))).toBeUndefined()
    expect(judgeResponse(said(' '))).toMatchObject({ reason: 'empty-response' })
  })

  it('takes texts for the same whose letter case, spaces and last marks alone differ', () => {
    expect(toKey(' What  is\n2+2?! ')).toBe(toKey('what is 2+2'))
    expect(toKey('2+2')).not.toBe(toKey('2+3'))
  })
})
