import { spawnSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import { version } from '../../src/version.js'
import { main, run } from './command.js'

describe('headrace', () => {
  it.each([[[]], [['--help']], [['help']]])('helps (%j)', async (args) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const word of ['Usage: headrace', 'chat', 'complete', 'serve']) expect(stdout).toContain(word)
  })

  it.each(['chat', 'complete', 'serve'])('helps with %s', async (command) => {
    const { code, stdout } = await run([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: headrace ${command}`)
    expect(stdout).toContain('xinference://HOST:PORT/UID')
  })

  it('tells its version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('helps at once: in at most three times what node itself takes', () => {
    const fastest = (...args: readonly string[]): number =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const startedAt = performance.now()
          expect(spawnSync(process.execPath, args).status).toBe(0)
          return performance.now() - startedAt
        }),
      )
    expect(fastest(main, '--help')).toBeLessThan(3 * fastest('-e', '0'))
  })
})

describe('wrong usage is one line, and exit code 2', () => {
  it.each([
    ['an unknown command', ['chta'], /unknown command 'chta' \(Did you mean chat\?\)/],
    ['an unknown option', ['chat', '--temprature', '1', 'Hi'], /--temprature.*Did you mean --temperature\?/],
    ['a missing value', ['chat', '--llm'], /argument missing/],
    ['no number', ['chat', '--max-tokens', 'many', 'Hi'], /--max-tokens.*'many'.*must be a number/],
    ['an empty number', ['chat', '--seed', '', 'Hi'], /--seed.*must be a number/],
    ['a prompt without quotation marks', ['chat', 'How', 'are', 'you?'], /quotation marks/],
    [
      'a value out of range',
      ['chat', '--temperature', '3', 'Hi'],
      /temperature must be at most 2, got 3\. \[INVALID_OPTION\]/,
    ],
    [
      'a bad --llm',
      ['chat', '--llm', 'qwen3', 'Hi'],
      /"qwen3".*xinference:\/\/HOST:PORT\/UID.*gguf:PATH.*\[INVALID_OPTION\]/,
    ],
    ['an empty prompt', ['complete', ''], /prompt is empty.*\[INVALID_OPTION\]/],
    ['an empty pipe', ['chat'], /prompt is empty.*\[INVALID_OPTION\]/],
    ['a key for a file', ['chat', '--api-key', 'k', 'Hi'], /--api-key has no effect.*\[INVALID_OPTION\]/],
    ['threads for a server', ['chat', '--llm', 'xinference:a', '--threads', '2', 'Hi'], /--threads has no effect/],
    ['a protocol that is none', ['serve', '--as', 'vllm'], /xinference, tgi, openai/],
    ['a port that is none', ['serve', '--port', '99999'], /port must be at most 65535/],
    ['an open host without a key', ['serve', '--host', '0.0.0.0'], /--api-key.*\[INVALID_OPTION\]/],
  ])('%s', async (_what, args, message) => {
    const { code, stdout, stderr } = await run(args)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^headrace: [^\n]*\n$/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it('standard input that is no text', async () => {
    const { code, stderr } = await run(['chat', '-'], { input: Uint8Array.of(0xff, 0xfe, 0x00) })
    expect(stderr).toBe('headrace: The prompt on standard input is not UTF-8 text. [INVALID_OPTION]\n')
    expect(code).toBe(2)
  })
})
