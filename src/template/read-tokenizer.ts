import { ModelFileError } from '../errors/model-file-error.js'
import type { RepositoryFiles } from './hub/repository-files.js'
import { readChatTemplates } from './read-chat-templates.js'
import { readSpecialTokens } from './special-tokens.js'
import { type TokenEncoder, Tokenizer } from './tokenizer.js'

type Json = Readonly<Record<string, unknown>>

interface EncoderModule {
  readonly Tokenizer: new (tokenizer: Json, config: Json) => TokenEncoder
}

/**
 * Makes a tokenizer of a repository's files.
 *
 * @throws HeadraceError `MODEL_FILE` when the file `tokenizer.json` is missing, or one of them is broken.
 */
export async function readTokenizer(id: string, files: RepositoryFiles): Promise<Tokenizer> {
  // The first one tells the commit, of which the others are then taken.
  const config = await readJson(files, 'tokenizer_config.json')
  const [tokenizer, map, templates] = await Promise.all([
    readJson(files, 'tokenizer.json'),
    config?.['bos_token'] === undefined ? readJson(files, 'special_tokens_map.json') : undefined,
    readChatTemplates(config ?? {}, files),
  ])
  if (tokenizer === undefined) {
    const found = config === undefined ? 'no tokenizer.json and no tokenizer_config.json' : 'no tokenizer.json'
    throw new ModelFileError(
      `There is ${found} in ${files.title}: name a repository or folder with the tokenizer as JSON, often that of a quantized or converted copy of the model.`,
      { context: { id } },
    )
  }
  const { Tokenizer: Encoder } = (await import('@huggingface/tokenizers')) as unknown as EncoderModule
  let encoder: TokenEncoder
  try {
    encoder = new Encoder(tokenizer, config ?? {})
  } catch (cause) {
    throw new ModelFileError(`The tokenizer.json in ${files.title} cannot be used: ${reasonOf(cause)}.`, { cause })
  }
  return new Tokenizer({
    id,
    encoder,
    config: config ?? {},
    templates,
    specialTokens: readSpecialTokens(config ?? {}, map),
  })
}

async function readJson(files: RepositoryFiles, name: string): Promise<Json | undefined> {
  const text = await files.read(name)
  if (text === undefined) return undefined
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new SyntaxError('it holds no object')
    return json as Json
  } catch (cause) {
    throw new ModelFileError(`The ${name} in ${files.title} is broken: ${reasonOf(cause)}.`, { cause })
  }
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '')
}
