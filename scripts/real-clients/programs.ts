import type { ServedProtocol } from '../../src/serve/index.js'

/** A client that we did not write, and the program that puts it to use. */
export interface ClientProgram {
  /** As the table calls it. */
  readonly name: string
  /** In `test/real/clients`. */
  readonly file: string
  /** The environment of Python that has it; absent for npm's. */
  readonly environment?: Environment
  readonly protocols: readonly ServedProtocol[]
  /** A client that can send no key. */
  readonly isKeyless?: true
}

/** A virtual environment, made from `test/real/clients/python/requirements-NAME.txt`; `curator` is for the bench alone. */
export type Environment = 'newest' | 'llama-index' | 'distilabel' | 'curator'

const all = ['openai', 'xinference', 'tgi'] as const

/** In the order of the table. */
export const programs: readonly ClientProgram[] = [
  { name: 'npm openai', file: 'npm/openai.mjs', protocols: all },
  { name: 'npm ai', file: 'npm/ai.mjs', protocols: all },
  { name: 'npm @langchain/openai', file: 'npm/langchain.mjs', protocols: all },
  { name: 'npm @huggingface/inference', file: 'npm/hugging-face.mjs', protocols: all },
  { name: 'PyPI openai', file: 'python/openai_client.py', environment: 'newest', protocols: all },
  { name: 'PyPI huggingface_hub', file: 'python/hub_client.py', environment: 'newest', protocols: all },
  {
    name: 'PyPI xinference-client',
    file: 'python/xinference_rest.py',
    environment: 'newest',
    protocols: ['xinference'],
  },
  {
    name: 'PyPI llama-index',
    file: 'python/llama_index_class.py',
    environment: 'llama-index',
    protocols: ['xinference'],
    isKeyless: true,
  },
  { name: 'PyPI distilabel', file: 'python/distilabel_class.py', environment: 'distilabel', protocols: ['tgi'] },
]
