import { describe, expect, it } from 'vitest'

import { bosFiles, demoFiles, demoFolder } from '../../test/support/tokenizer-files.js'
import type { ChatMessage } from '../contract/message.js'
import { loadTokenizer } from './load-tokenizer.js'
import { preQueryPresets } from './pre-query-presets.js'
import { readTokenizer } from './read-tokenizer.js'
import { TemplatePromptFormat, type TemplatePromptFormatOptions } from './template-prompt-format.js'
import type { Tokenizer } from './tokenizer.js'

const system = (content: string): ChatMessage => ({ role: 'system', content })
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
const turn = [user('Hi'), assistant('Hello!')]

function tokenizerOf(files: Readonly<Record<string, string>>): Promise<Tokenizer> {
  return readTokenizer('test/model', { title: 'memory', read: async (name) => files[name], list: async () => [] })
}

async function formatOf(
  files: Readonly<Record<string, string>>,
  options?: TemplatePromptFormatOptions,
): Promise<TemplatePromptFormat> {
  return new TemplatePromptFormat(await tokenizerOf(files), options)
}

describe('Tokenizer', () => {
  it('of the bundled model encodes as its file says', async () => {
    const tokenizer = await loadTokenizer(demoFolder)
    const [start, end] = tokenizer.encode('<|im_start|><|im_end|>')
    expect([start, end]).toEqual([610, 611])
    expect(tokenizer.addsBos).toBe(false)
    expect(tokenizer.specialTokens).toEqual({ eos_token: '<|im_end|>', pad_token: '<|endoftext|>' })
    expect(tokenizer.encode('Name two colors.')).toEqual(
      tokenizer.encode('Name two colors.', { addSpecialTokens: false }),
    )
  })

  it.each([
    ['its file', {}, true, true],
    ['nothing', {}, false, false],
    ['Llama: add_bos_token', { tokenizer_class: 'LlamaTokenizerFast', add_bos_token: true }, false, true],
    ['Llama: add_bos_token', { tokenizer_class: 'LlamaTokenizer', add_bos_token: false }, true, false],
    ['its file, not add_bos_token', { tokenizer_class: 'Qwen2Tokenizer', add_bos_token: false }, true, true],
  ])('adds the BOS token by the rule of %s %j', async (_, config, isInFile, isAdded) => {
    const tokenizer = await tokenizerOf(bosFiles(config, isInFile))
    expect(tokenizer.addsBos).toBe(isAdded)
    const bare = tokenizer.encode('Hi', { addSpecialTokens: false })
    expect(bare).not.toContain(736)
    expect(tokenizer.encode('Hi')).toEqual(isAdded ? [736, ...bare] : bare)
    expect(tokenizer.encode('')).toEqual(isAdded ? [736] : [])
  })

  it('chooses among named templates', async () => {
    const named = [
      { name: 'default', template: '{{ 1 }}' },
      { name: 'tool_use', template: '{{ 2 }}' },
    ]
    const tokenizer = await tokenizerOf(demoFiles({ chat_template: named }))
    expect(tokenizer.chatTemplate().source).toBe('{{ 1 }}')
    expect(tokenizer.chatTemplate({ hasTools: true }).source).toBe('{{ 2 }}')
    expect(tokenizer.chatTemplate({ name: 'default', hasTools: true }).source).toBe('{{ 1 }}')
    expect(tokenizer.chatTemplate({ name: '{{ 3 }}' }).source).toBe('{{ 3 }}')
    expect(() => tokenizer.chatTemplate({ name: 'rag' })).toThrow('set chatTemplate to one of "default", "tool_use"')
  })

  it('says that there is no template', async () => {
    const tokenizer = await tokenizerOf(demoFiles({ chat_template: undefined }))
    expect(() => tokenizer.chatTemplate()).toThrow(
      expect.objectContaining({
        code: 'MODEL_ABILITY',
        message: expect.stringContaining('test/model has no chat template'),
      }),
    )
  })
})

describe('render', () => {
  it('writes a conversation and the beginning of an answer', async () => {
    const format = await formatOf(demoFiles())
    expect(format.render(turn.slice(0, 1))).toEqual({
      text: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
      bos: undefined,
    })
  })

  it('leaves a last text of the assistant open, and no call of tools', async () => {
    const format = await formatOf(demoFiles())
    expect(format.render(turn).text).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello!')
    const call: ChatMessage = { ...assistant(''), toolCalls: [{ id: '1', name: 'f', arguments: '{}' }] }
    expect(format.render([user('Hi'), call]).text).toMatch(/<\|im_end\|>\n<\|im_start\|>assistant\n$/)
  })

  it('passes tools and variables on', async () => {
    const chatTemplate = '{{ style }}{{ tools[0].function.name }}'
    const format = await formatOf(demoFiles(), { chatTemplate })
    expect(format.render([user('x')], { tools: [{ name: 'f' }], variables: { style: 'brief ' } }).text).toBe('brief f')
  })

  it('tells the BOS token that a server would write a second time', async () => {
    expect((await formatOf(bosFiles())).render([user('Hi')])).toEqual({
      text: '<s><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
      bos: '<s>',
    })
    expect((await formatOf(bosFiles({}, false))).render([user('Hi')]).bos).toBeUndefined()
    expect(
      (await formatOf(bosFiles(), { chatTemplate: 'a{{ messages[0].content }}' })).render([user('<s>')]).bos,
    ).toBeUndefined()
  })

  it('counts a conversation with the BOS token once, and literal text as a server does', async () => {
    const tokenizer = await tokenizerOf(bosFiles())
    const format = new TemplatePromptFormat(tokenizer)
    const rendered = format.render([user('Hi')])
    const ids = tokenizer.encode(rendered.text, { addSpecialTokens: false })
    expect(ids.filter((id) => id === 736)).toHaveLength(1)
    expect(format.countTokens(rendered)).toBe(ids.length)
    expect(format.countLiteralTokens(rendered.text.slice('<s>'.length))).toBe(ids.length)
    expect(format.countLiteralTokens('')).toBe(1)
  })
})

describe('renderUserTurn', () => {
  it('derives how a turn begins from the template', async () => {
    const format = await formatOf(bosFiles())
    const stops = ['<|im_end|>', '<|im_start|>']
    expect(format.renderUserTurn([])).toEqual({ text: '<s><|im_start|>user\n', bos: '<s>', stops })
    expect(format.renderUserTurn(turn).text).toBe(
      '<s><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n<|im_start|>user\n',
    )
    expect(format.renderUserTurn([system('Be brief.')]).text).toBe('<s><|im_start|>user\nBe brief.\n\n')
  })

  it('has no header of the assistant before that of the user, and no BOS token in the middle', async () => {
    for (const preQueryTemplate of [undefined, '<s><|im_start|>user\n', 'llama3']) {
      const format = await formatOf(
        bosFiles({ bos_token: preQueryTemplate === 'llama3' ? '<|begin_of_text|>' : '<s>' }),
        {
          preQueryTemplate,
        },
      )
      const { text } = format.renderUserTurn(turn)
      expect(text.match(/<\|im_start\|>assistant/g)).toHaveLength(1)
      expect(text.match(/<s>|<\|begin_of_text\|>/g)).toHaveLength(1)
    }
  })

  it('begins a prompt with a preset without a template', async () => {
    const format = await formatOf(bosFiles({ chat_template: undefined }), { preQueryTemplate: 'mistral' })
    const stops = ['[/INST]', '</s>', '[INST]', '<s>']
    expect(format.renderUserTurn([])).toEqual({ text: '<s>[INST] ', bos: '<s>', stops })
    expect(() => format.renderUserTurn(turn)).toThrow(expect.objectContaining({ code: 'MODEL_ABILITY' }))
  })

  it.each([
    ['writes it twice', '{{ messages[0].content }}{{ messages[0].content }}'],
    ['leaves it out', '{{ 1 }}'],
    ['writes it differently', "{{ messages[0].content | tojson | replace('\"', '') | length }}"],
  ])('cannot be derived from a template that %s', async (_, chatTemplate) => {
    const format = await formatOf(demoFiles(), { chatTemplate })
    expect(() => format.renderUserTurn([])).toThrow(
      expect.objectContaining({ code: 'MODEL_ABILITY', message: expect.stringContaining('magpiePreQueryTemplate') }),
    )
  })

  it('has presets whose later turns have no BOS token', () => {
    for (const [name, { first, later }] of Object.entries(preQueryPresets)) {
      expect(first.endsWith(later), name).toBe(true)
      expect(later, name).not.toMatch(/<s>|<bos>|begin|endoftext/)
    }
    expect(preQueryPresets.llama3.first).toBe('<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n')
    expect(preQueryPresets.qwen2.first).toBe('<|im_start|>user\n')
  })
})
