// This file is the public surface of the entry point `headrace/llama-cpp`.

export { LlamaCpp } from './llama-cpp.js'
export type { LlamaCppOptions, LoadedLlamaCpp } from './options.js'
export type { TextToken } from './text-token.js'
