import type { Dialect } from '../contract/dialect.js'
import { WrongServerError } from '../errors/wrong-server-error.js'
import type { EngineFacts } from './engine-facts.js'
import { HfRouterDialect } from './hf-router/hf-router-dialect.js'
import { LlamaCppPythonDialect } from './llama-cpp-python/llama-cpp-python-dialect.js'
import { LlamaServerDialect } from './llama-server/llama-server-dialect.js'
import { OpenAIDialect } from './openai/openai-dialect.js'
import { SglangDialect } from './sglang/sglang-dialect.js'
import { TgiDialect } from './tgi/tgi-dialect.js'
import { TransformersDialect } from './transformers/transformers-dialect.js'
import { VllmDialect } from './vllm/vllm-dialect.js'

/** The name for requests to servers that have one model, look at no name, and list none. */
const anyModel = 'default'

/**
 * How an engine speaks.
 *
 * @throws WrongServerError `WRONG_SERVER` for Xinference, which has a class of its own.
 */
export function createDialect(facts: EngineFacts): Dialect {
  const { engine, model = anyModel, vision } = facts
  switch (engine) {
    case 'tgi':
      return new TgiDialect(facts)
    case 'vllm':
      return new VllmDialect({ ...facts, model })
    case 'sglang':
      return new SglangDialect({ ...facts, model })
    case 'llama-server':
      return new LlamaServerDialect(facts)
    case 'llama-cpp-python':
      return new LlamaCppPythonDialect(facts)
    case 'transformers':
      return new TransformersDialect(facts)
    case 'hf-router':
      return new HfRouterDialect({ model, vision })
    case 'openai':
      return new OpenAIDialect({ model, vision })
    case 'xinference':
      throw new WrongServerError('The server is Xinference: use the class Xinference, with modelUid and endpoint.')
  }
}
