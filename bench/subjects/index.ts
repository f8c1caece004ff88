import { createBare } from './bare.js'
import { createHeadrace } from './headrace.js'
import { createAiSdk, createHuggingFace, createLangChain, createLlamaIndex, createOpenAI } from './peers.js'
import type { CreateSubject } from './subject.js'
import { createTgiBare, createTgiHeadrace } from './tgi.js'

/** Everything that can be measured, by name; a peer's name is that of its package. */
export const subjects: Readonly<Record<string, CreateSubject>> = {
  headrace: createHeadrace,
  undici: createBare,
  'headrace-tgi': createTgiHeadrace,
  'undici-tgi': createTgiBare,
  openai: createOpenAI,
  '@huggingface/inference': createHuggingFace,
  ai: createAiSdk,
  '@langchain/openai': createLangChain,
  '@llamaindex/openai': createLlamaIndex,
}

export const peers = ['openai', '@huggingface/inference', 'ai', '@langchain/openai', '@llamaindex/openai'] as const
