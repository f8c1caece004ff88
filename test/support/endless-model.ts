import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const demo = fileURLToPath(new URL('../../models/demo/demo.gguf', import.meta.url))

/**
 * The demo model, made unable to end: the tokens that end a turn or a text are spelled otherwise, so that llama.cpp does
 * not know them for what they are. Its answers are too short to measure or to interrupt.
 */
export async function writeEndlessModel(path: string): Promise<void> {
  const bytes = await readFile(demo)
  for (const [end, spelling] of Object.entries({ '<|im_end|>': '<|im_enx|>', '<|endoftext|>': '<|endoftexx|>' })) {
    for (let at = bytes.indexOf(end); at !== -1; at = bytes.indexOf(end, at)) bytes.write(spelling, at)
  }
  const key = 'tokenizer.ggml.eos_token_id'
  const nulByte = 0
  bytes.writeUInt32LE(nulByte, bytes.indexOf(key) + key.length + 4)
  await writeFile(path, bytes)
}
