import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'

import { Tokenizer } from '@huggingface/tokenizers'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

/** The lines whose ids differ between the engine and `@huggingface/tokenizers` over the same folder. */
export async function linesOfOtherIds(folder: URL, lines: readonly string[]): Promise<readonly string[]> {
  const [tokenizer, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(async (name) =>
      JSON.parse(await readFile(new URL(name, folder), 'utf8')),
    ),
  )
  const ours = new Tokenizer(tokenizer, config)
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled })
  const model = await llama.loadModel({ modelPath: fileURLToPath(new URL('demo.gguf', folder)), vocabOnly: true })
  try {
    return lines.filter((line) => {
      const { ids } = ours.encode(line, { add_special_tokens: false })
      return !isDeepStrictEqual([...ids], [...model.tokenize(line, false)])
    })
  } finally {
    await model.dispose()
  }
}
