import { expect, it } from 'vitest'

import type { ChatMessage } from '../contract/message.js'
import type { Warning } from '../contract/response.js'
import { putSystemFirst } from './system-first.js'

const user: ChatMessage = { role: 'user', content: 'Hello?' }

it('leaves a conversation as it is that has one system message, the first, or none', () => {
  const warnings: Warning[] = []
  for (const messages of [[], [user], [{ role: 'system', content: 'Be brief.' }, user]] as ChatMessage[][]) {
    expect(putSystemFirst(messages, warnings)).toBe(messages)
  }
  expect(warnings).toEqual([])
})

it('joins texts and parts, in their order', () => {
  const warnings: Warning[] = []
  const messages: ChatMessage[] = [
    user,
    { role: 'system', content: 'Be brief.' },
    { role: 'system', content: [{ type: 'text', text: 'Be kind.' }] },
  ]
  expect(putSystemFirst(messages, warnings)).toEqual([
    {
      role: 'system',
      content: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.' },
      ],
    },
    user,
  ])
  expect(warnings).toMatchObject([{ code: 'system-messages-joined' }])
})
