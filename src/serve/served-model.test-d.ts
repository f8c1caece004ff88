import type { LLM } from '../llm/llm.js'
import type { ServedModel } from './served-model.js'

/** Every `LLM` can be served. */
export const toServedModel = (llm: LLM): ServedModel => llm
