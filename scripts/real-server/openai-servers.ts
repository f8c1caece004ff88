import { join } from 'node:path'

/** A server that speaks OpenAI's protocol, as it is started on the demo model. */
export interface RealServer {
  readonly name: string
  /** The modules whose import shows that it is installed. */
  readonly modules: string
  /** The package that has its version. */
  readonly package: string
  /** In the `bin` of the environment. */
  readonly program: string
  readonly args: (port: number) => readonly string[]
  /** Answered with 200 as soon as it can be asked. */
  readonly readyPath: string
}

/** @param models - The folder of the demo model. */
export function openAIServers(models: string): readonly RealServer[] {
  return [
    {
      name: 'llama-cpp-python',
      modules: 'llama_cpp.server.app',
      package: 'llama-cpp-python',
      program: 'python',
      // Log-probabilities are refused without --logits_all.
      args: (port) =>
        `-m llama_cpp.server --host 127.0.0.1 --port ${port} --model_alias demo --n_ctx 512 --n_threads 1 --logits_all true --verbose false`
          .split(' ')
          .concat('--model', join(models, 'demo.gguf')),
      readyPath: '/v1/models',
    },
    {
      name: 'transformers-serve',
      modules: 'transformers, torch, gguf, fastapi, openai',
      package: 'transformers',
      program: 'transformers',
      // The folder that `make-model.py` wrote, in the current one.
      args: (port) => `serve demo --device cpu --host 127.0.0.1 --port ${port}`.split(' '),
      readyPath: '/health',
    },
  ]
}
