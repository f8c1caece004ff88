// The types that go with this file: tokenizer-source.ts (TokenizerSource), tokenizer.ts (Tokenizer),
// template-prompt-format.ts (TemplatePromptFormat, the contract's PromptFormat).
import type { Tokenizer } from './tokenizer.js'
import type { TokenizerSource } from './tokenizer-source.js'

/**
 * Loads a tokenizer and its chat templates: from a folder, else from the Hub's cache on this machine, else from the Hub.
 *
 * @param id A folder, or a repository of the Hub such as `Qwen/Qwen3-8B`.
 * @throws HeadraceError `MODEL_FILE` for files that are missing or broken, `MODEL_NOT_FOUND`, `AUTHENTICATION_FAILED`,
 * `PERMISSION_DENIED`, `FILE_UNREADABLE`, `INVALID_OPTION`, and what goes wrong on the way.
 */
export async function loadTokenizer(id: string, source: TokenizerSource = {}): Promise<Tokenizer> {
  // The entry points load this file; only who has a tokenizer needs the rest.
  const [{ withRepository }, { readTokenizer }] = await Promise.all([
    import('./hub/open-repository.js'),
    import('./read-tokenizer.js'),
  ])
  return withRepository(id, source, (files) => readTokenizer(id, files))
}
