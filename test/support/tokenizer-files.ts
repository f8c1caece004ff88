import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Json = Record<string, unknown>

const demo = new URL('../../models/demo/', import.meta.url)

/** The folder of the bundled model, whose tokenizer has no BOS token. */
export const demoFolder: string = fileURLToPath(demo)

/** A template that writes the BOS token, trims, and puts a system message into the user's turn. */
const bosTemplate =
  "{{ bos_token }}{% set ns = namespace(system='') %}{% for m in messages %}" +
  "{% if m.role == 'system' %}{% set ns.system = m.content + '\\n\\n' %}" +
  '{% else %}<|im_start|>{{ m.role }}\n{{ ns.system }}{{ m.content | trim }}<|im_end|>\n{% set ns.system = "" %}{% endif %}' +
  '{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'

/** The files of the bundled model's tokenizer, with what a test changes in its configuration. */
export function demoFiles(config: Json = {}): Readonly<Record<string, string>> {
  return {
    'tokenizer.json': readFileSync(new URL('tokenizer.json', demo), 'utf8'),
    'tokenizer_config.json': JSON.stringify({ ...readJson('tokenizer_config.json'), ...config }),
  }
}

/** The same with a BOS token, `<s>` if not configured, which the tokenizer puts before every text where `isAdded`. */
export function bosFiles(config: Json = {}, isAdded: boolean = true): Readonly<Record<string, string>> {
  const tokenizer = readJson('tokenizer.json')
  const id = 736
  const name = typeof config['bos_token'] === 'string' ? config['bos_token'] : '<s>'
  const bos = { id, content: name, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }
  const text = { Sequence: { id: 'A', type_id: 0 } }
  const processor = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: name, type_id: 0 } }, text],
    pair: [text, text],
    special_tokens: { [name]: { id: name, ids: [id], tokens: [name] } },
  }
  const withBos = {
    ...tokenizer,
    added_tokens: [...(tokenizer['added_tokens'] as readonly unknown[]), bos],
    post_processor: isAdded ? processor : null,
  }
  return {
    ...demoFiles({ bos_token: { content: name }, chat_template: bosTemplate, ...config }),
    'tokenizer.json': JSON.stringify(withBos),
  }
}

function readJson(name: string): Json {
  return JSON.parse(readFileSync(new URL(name, demo), 'utf8')) as Json
}
