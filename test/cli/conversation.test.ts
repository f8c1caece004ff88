import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'

import { describe, expect, it } from 'vitest'

import { ScriptedModel, type Step } from '../support/scripted-model.js'
import { type Command, startInTerminal } from './command.js'
import { serveModel } from './serve-model.js'

// `script` of util-linux gives the command a terminal.
const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script')

const screen = (command: Command): string => stripVTControlCharacters(command.stdout).replaceAll('\r', '')

describe.skipIf(!hasTerminal)('a conversation in a terminal', () => {
  it('keeps what was said, forgets it on /reset, and leaves on /exit', async () => {
    const model = new ScriptedModel(['Hel', 'lo'])
    const command = startInTerminal(['chat', '--system', 'Be brief.', '--llm', await serveModel(model)])
    await command.until(/> /)
    for (const line of ['Hi', 'And now?', '/reset', 'Who?', '/what']) {
      const before = command.stdout.length
      command.type(`${line}\r`)
      await command.until(/\n[^]*> /, before)
    }
    command.type('/exit\r')
    expect(await command.finished).toMatchObject({ code: 0 })
    const system = { role: 'system', content: 'Be brief.' }
    const user = (content: string): object => ({ role: 'user', content })
    expect(model.calls.map((call) => call.input)).toMatchObject([
      [system, user('Hi')],
      [system, user('Hi'), { role: 'assistant', content: 'Hello' }, user('And now?')],
      [system, user('Who?')],
    ])
    expect(screen(command)).toContain('> Hi\nHello\n')
    expect(screen(command)).toContain('The commands are /reset and /exit.')
  })

  it('Ctrl-C stops the answer, and at the prompt it leaves', async () => {
    function* slowly(): Iterable<Step> {
      for (let count = 0; count < 500; count++) {
        yield `word${count} `
        yield sleep(20)
      }
    }
    const model = new ScriptedModel(slowly)
    const command = startInTerminal(['chat', '--llm', await serveModel(model)])
    await command.until(/> /)
    command.type('Hi\r')
    await command.until(/word3/)
    command.type('\x03')
    await model.aborted
    await command.until(/word3[^>]*> /)
    command.type('\x03')
    expect(await command.finished).toMatchObject({ code: 0 })
  })

  it('a failure is a line, and the conversation goes on', async () => {
    const model = new ScriptedModel([new Error('out of memory')])
    const command = startInTerminal(['chat', '--llm', await serveModel(model)])
    await command.until(/> /)
    command.type('Hi\r')
    await command.until(/\[SERVER_ERROR\][^>]*> /)
    command.type('\x04')
    expect(await command.finished).toMatchObject({ code: 0 })
  })

  it('removes what would take over the terminal', async () => {
    const model = new ScriptedModel(['a\x1b]0;title\x07b\x9b2Jc\n'])
    const command = startInTerminal(['chat', 'Hi', '--llm', await serveModel(model)])
    const { code, stdout } = await command.finished
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a]0;titleb2Jc\r\n' })
  })
})
