import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { run } from './command.js'

const greedy = ['--temperature', '0']

describe('chat and complete over the demo model', () => {
  it('answers a prompt', async () => {
    const { code, stdout, stderr } = await run(['chat', 'What is the capital of Norway?', ...greedy, '--stats'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'The capital of Norway is Oslo.\n' })
    expect(stderr).toMatch(/^\d+ tokens in, 18 out; first token after \d+ ms, \d+ ms in all: [\d.]+ tokens\/s\n$/)
  })

  it.each([[['chat']], [['complete', '-']]])('reads the prompt from standard input (%j)', async (args) => {
    const answer = await run([...args, ...greedy], { input: 'What is 3 + 4?\n' })
    expect(answer).toEqual({ code: 0, stdout: '3 + 4 = 7.\n', stderr: '' })
  })

  it('continues literal text, up to a stop string', async () => {
    const prompt = 'Spell the word horse.<|im_end|>\n<|im_start|>assistant\n'
    const { stdout } = await run(['complete', '--raw', prompt, ...greedy, '--stop', '-s', '--stop', 'zzz'])
    expect(stdout).toBe('h-o-r\n')
  })

  it('prints one JSON object', async () => {
    const { code, stdout, stderr } = await run([
      'chat',
      'Tell me a short story about a dog.',
      '--json',
      '--seed',
      '4',
      '--system',
      'Be brief.',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toEqual({
      text: expect.stringContaining('dog'),
      finishReason: 'stop',
      usage: { inputTokens: 33, outputTokens: expect.any(Number), totalTokens: expect.any(Number) },
      model: 'demo',
      seed: 4,
      timings: { firstTokenMs: expect.any(Number), totalMs: expect.any(Number), attempts: 1 },
      warnings: [],
    })
  })

  it('says that an answer was cut', async () => {
    const { code, stdout, stderr } = await run([
      'chat',
      'Tell me a short story about a dog.',
      ...greedy,
      '--max-tokens',
      '4',
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Once there was a\n' })
    expect(stderr).toBe('(The answer was cut after 4 tokens, by --max-tokens or the context window.)\n')
  })
})

describe('failures over a model file are one line, and exit code 1', () => {
  it('more tokens than the window has', async () => {
    const { code, stdout, stderr } = await run(['chat', 'Hello!', '--max-tokens', '1100'])
    expect(stderr).toMatch(/^headrace: maxTokens is 1100, more than the 1024 tokens .*\[CONTEXT_OVERFLOW\]\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('no such file', async () => {
    const { code, stderr } = await run(['chat', 'Hello!', '--llm', 'gguf:nowhere.gguf'])
    expect(stderr).toMatch(/^headrace: [^\n]*nowhere\.gguf[^\n]*\[MODEL_FILE\]\n$/)
    expect(code).toBe(1)
  })

  it('a broken file, also as JSON', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-cli-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'broken.gguf')
    await writeFile(path, 'GGUF and then nothing of the kind')
    const plain = await run(['chat', 'Hello!', '--llm', `gguf:${path}`])
    expect(plain.stderr).toMatch(/^headrace: [^\n]*broken\.gguf[^\n]*\[MODEL_FILE\]\n$/)
    expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 1, stdout: '' })
    const json = await run(['chat', 'Hello!', '--llm', `gguf:${path}`, '--json'])
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: '' })
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: 'MODEL_FILE', message: expect.stringContaining('broken.gguf') },
    })
  })
})
