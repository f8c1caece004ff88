import { z } from 'zod'

import type { ResolvedTimeouts } from '../contract/options.js'
import { fromJSON, type FromJSONOptions } from '../llm/from-json.js'
import type { LLMDependencies } from '../llm/llm-options.js'
import { type Connection, LLM } from '../llm/llm.js'
import { parseOptions } from '../llm/parse-options.js'
import { checkMagpieOptions } from '../llm/prompt-options.js'
import type { Description } from '../llm/loaded-model.js'
import { EmbeddedPromptFormat } from './embedded-prompt-format.js'
import type { LlamaCppEngine } from './llama-cpp-engine.js'
import { loadLlamaCppEngine } from './load-llama-cpp-engine.js'
import { llamaCppOptionsSchema, type LlamaCppOptions, loadedLlamaCppSchema } from './options.js'
import type { TextToken } from './text-token.js'

interface LlamaCppConnection extends Connection {
  readonly engine: LlamaCppEngine
}

/** Nothing is sent anywhere, and a call may queue for as long as those before it take. */
const noTimeouts: ResolvedTimeouts = {
  connectMs: Infinity,
  firstTokenMs: Infinity,
  idleMs: Infinity,
  totalMs: Infinity,
}

/** What decides which model is in memory, and how. */
const loadingOptions = [
  'modelPath',
  'contextWindow',
  'parallel',
  'threads',
  'gpu',
  'reproducible',
  'modelsDirectory',
] as const

/**
 * A GGUF model in this process, run by llama.cpp; needs the package `node-llama-cpp`. No server and no network.
 *
 * How it samples, counts, and what a seed promises: {@link LlamaCppEngine}.
 *
 * @example
 * ```ts
 * await using llm = new LlamaCpp({ modelPath: 'model.gguf' })
 * const { text } = await llm.chat([{ role: 'user', content: 'What is the capital of Norway?' }])
 * ```
 */
export class LlamaCpp extends LLM<LlamaCppOptions> {
  static readonly className = 'LlamaCpp_llm'
  override readonly className: string = LlamaCpp.className

  /**
   * Validates the options; opens nothing.
   *
   * @throws InvalidOptionError `INVALID_OPTION`
   */
  constructor(options: LlamaCppOptions, internals: LLMDependencies = {}) {
    super(parseOptions(llamaCppOptionsSchema, options, 'LlamaCpp'), internals)
    checkMagpieOptions(this.options, 'LlamaCpp')
  }

  /** The JSON Schema of the loaded model, or with `io: 'input'` of the constructor's options. */
  static jsonSchema({ io = 'output' }: { readonly io?: 'input' | 'output' | undefined } = {}): Record<string, unknown> {
    const schema = io === 'input' ? llamaCppOptionsSchema : loadedLlamaCppSchema
    return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  }

  /** The model that `toJSON()` wrote. @throws SerializationError `NOT_DESERIALIZABLE` */
  static fromJSON(json: unknown, options: Omit<FromJSONOptions, 'classes'> = {}): LlamaCpp {
    return fromJSON(json, { ...options, classes: [LlamaCpp] }) as LlamaCpp
  }

  get modelPath(): string {
    return this.options.modelPath
  }

  /** Threads that tokens are evaluated with. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get threads(): number {
    return this.#engine.threads
  }

  /** Calls that are evaluated at once. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get parallel(): number {
    return this.#engine.parallel
  }

  /** The model's own chat template, if it has one. @throws NotLoadedError `NOT_LOADED` before `load()`. */
  get chatTemplate(): string | undefined {
    return this.#engine.chatTemplate
  }

  /**
   * The tokens of literal text, with the one that begins every text where the model has one.
   *
   * @throws InvalidRequestError `INVALID_REQUEST` for no text at all, where the model cannot begin from nothing.
   */
  async tokenize(text: string): Promise<readonly TextToken[]> {
    await this.load()
    return this.#engine.listTokens(text)
  }

  get #engine(): LlamaCppEngine {
    return (this.connection as LlamaCppConnection).engine
  }

  protected override get classTimeouts(): ResolvedTimeouts {
    return noTimeouts
  }

  protected override async connect(): Promise<Connection> {
    const engine = await loadLlamaCppEngine(this.options)
    return { engine, release: () => engine.dispose() }
  }

  protected override describe(connection: Connection): Description {
    const { temperature, maxTokens, useMagpieTemplate = false, magpiePreQueryTemplate } = this.options
    const { engine } = connection as LlamaCppConnection
    const { contextWindow, modelName, capabilities } = engine
    const format = new EmbeddedPromptFormat(engine, magpiePreQueryTemplate)
    if (useMagpieTemplate) format.renderUserTurn([])
    return {
      metadata: {
        contextWindow,
        contextWindowSource: 'engine',
        numOutput: maxTokens,
        modelName: this.options.modelName ?? modelName,
        isChatModel: capabilities.chat ?? true,
        isFunctionCallingModel: capabilities.tools ?? false,
        isVisionModel: capabilities.vision ?? false,
      },
      windowTokens: contextWindow,
      // The engine renders and counts by itself.
      prompting: { format, use: 'turns', opensUserTurn: useMagpieTemplate },
      defaults: {
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
      warnings: [],
    }
  }

  protected override sharesConnection(original: LlamaCppOptions): boolean {
    return loadingOptions.every((name) => this.options[name] === original[name])
  }
}
