import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'

import type { Capabilities } from '../contract/capabilities.js'
import type { AnswerSink, CanonicalRequest, Engine, Exchange } from '../contract/engine.js'
import { AbortedError } from '../errors/aborted-error.js'
import { ContextOverflowError } from '../errors/context-overflow-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'
import type { ChatTemplate } from '../template/chat-template.js'
import { engineCapabilities } from './capabilities.js'
import { EvaluationRounds } from './evaluation-rounds.js'
import { GrammarCache } from './grammar-cache.js'
import { Generation, type GenerationOwner } from './generation.js'
import type { LlamaLibrary } from './load-library.js'
import { type PromptTokens, PromptTokenizer } from './prompt-tokenizer.js'
import { createSampling } from './sampling.js'
import { SequencePool } from './sequence-pool.js'
import { TokenText } from './token-text.js'
import type { TextToken } from './text-token.js'
import { Vocabulary } from './vocabulary.js'

/** What an engine is made of: a model that is loaded, and the context in which it is evaluated. */
export interface LlamaCppEngineParts {
  readonly library: LlamaLibrary
  readonly model: LlamaModel
  readonly context: LlamaContext
  readonly template: ChatTemplate | undefined
  readonly modelName: string
  readonly threads: number
  /** Tokens that prompt and answer share; not more than the context holds for a sequence. */
  readonly contextWindow: number
  readonly isReproducible: boolean
  /** Whether several calls may be evaluated in one batch. */
  readonly sharesBatches: boolean
}

/**
 * Runs requests in this process, with llama.cpp. Calls share batches; those beyond {@link parallel} wait their turn, in
 * the order in which they came.
 *
 * - Sampling follows llama.cpp's defaults where a call does not say; see `samplingDefaults`.
 * - `usage.outputTokens` counts every generated token, also the one that ended the answer (end of turn, `stopTokenIds`)
 *   and those of a stop string, although they are no part of the text.
 * - Log-probabilities are those of the distribution that was drawn from: after penalties, `topK`, `topP`, `minP` and
 *   temperature. At temperature 0 it is the model's own, after penalties.
 * - A call with a seed is evaluated in batches of its own, because the others in a batch change how llama.cpp rounds, and
 *   that may change a token. So its text is the same alone and under load, at the price of the batch's speed.
 * - Calls without a seed share batches, also with what is left of an earlier call that began alike; at temperature 0 they
 *   may differ where two tokens are nearly as likely.
 * - A constraint is a grammar that tokens are drawn by. What it leaves without an end gets a bound from the tokens that the
 *   answer may have, with a warning; see `jsonSchemaToGbnf`.
 * - The window is never shifted: a text that fills it ends there, with the finish reason `length`.
 */
export class LlamaCppEngine implements Engine {
  readonly capabilities: Capabilities
  /** Tokens that prompt and answer of one call share. */
  readonly contextWindow: number
  /** The window that the model was trained for. */
  readonly trainContextWindow: number
  /** From the file's metadata, else the file's name. */
  readonly modelName: string
  readonly threads: number
  /** Calls that are evaluated at once. */
  readonly parallel: number
  /** The model's own chat template, if it has one. */
  readonly chatTemplate: string | undefined
  readonly #parts: LlamaCppEngineParts
  readonly #vocabulary: Vocabulary
  readonly #tokenizer: PromptTokenizer
  readonly #grammars: GrammarCache
  readonly #pool: SequencePool<LlamaContextSequence>
  readonly #rounds = new EvaluationRounds(() => this.#pool.grant())
  readonly #generations = new Set<Generation>()
  readonly #owner: GenerationOwner
  #disposal: Promise<void> | undefined

  constructor(parts: LlamaCppEngineParts) {
    const { model, context, template } = parts
    this.#parts = parts
    this.parallel = context.totalSequences
    this.contextWindow = parts.contextWindow
    this.trainContextWindow = model.trainContextSize
    this.modelName = parts.modelName
    this.threads = parts.threads
    this.chatTemplate = template?.source
    this.capabilities = engineCapabilities(template, this.parallel)
    this.#vocabulary = new Vocabulary(model, template?.source ?? '')
    this.#tokenizer = new PromptTokenizer(model, this.#vocabulary, template)
    this.#grammars = new GrammarCache(model, parts.library)
    this.#pool = new SequencePool(Array.from({ length: this.parallel }, () => context.getSequence()))
    this.#owner = {
      begun: (generation) => this.#rounds.add(generation),
      ended: (generation) => {
        this.#generations.delete(generation)
        if (!this.#pool.withdraw(generation)) this.#rounds.wake()
      },
      released: (sequence) => this.#pool.release(sequence),
      woken: () => this.#rounds.wake(),
    }
  }

  start(request: CanonicalRequest, sink: AnswerSink): Exchange {
    if (this.#disposal !== undefined) throw unloaded(this.modelName)
    const prompt = this.tokenizePrompt(request)
    const limit = this.#limitOf(prompt.tokens.length, request.options.maxTokens)
    const { stop = [], stopTokenIds = [], seed, maxTokens = Infinity } = request.options
    const { model, context, library, isReproducible, sharesBatches } = this.#parts
    const { constraint } = request
    const compiled = constraint === undefined ? undefined : this.#grammars.compile(constraint, limit)
    const generation = new Generation(
      {
        prompt,
        limit,
        limitReason: limit === maxTokens ? 'max-tokens' : 'context-window',
        sampling: createSampling(request.options, prompt.tokens, this.contextWindow, model, library, compiled?.grammar),
        warnings: [...prompt.warnings, ...(compiled?.warnings ?? [])],
        stop: typeof stop === 'string' ? [stop] : stop,
        stopTokenIds: new Set(stopTokenIds as readonly Token[]),
        isSolitary: !sharesBatches || (seed !== undefined && isReproducible),
        promptStep: context.batchSize,
        modelName: this.modelName,
        threads: this.threads,
      },
      this.#vocabulary,
      sink,
      this.#owner,
    )
    this.#generations.add(generation)
    this.#pool.claim(generation)
    this.#rounds.wake()
    return generation
  }

  /**
   * The prompt that a request amounts to: its text and its tokens.
   *
   * @throws HeadraceError `MODEL_ABILITY`, `INVALID_REQUEST`.
   */
  tokenizePrompt(request: Pick<CanonicalRequest, 'kind' | 'messages' | 'prompt' | 'options'>): PromptTokens {
    return this.#tokenizer.tokenize(request)
  }

  /** @throws ModelAbilityError `MODEL_ABILITY` when the model's file has none. */
  get template(): ChatTemplate {
    const { template } = this.#parts
    if (template !== undefined) return template
    throw new ModelAbilityError('The model has no chat template in its file: give its conversations as literal text.')
  }

  /** The text of the token that begins every text, if the model has one. */
  get bos(): string | undefined {
    return this.#parts.model.tokens.bosString ?? undefined
  }

  /** How many tokens a text is. `special`: special tokens written in it count as one each. @defaultValue false */
  countTokens(text: string, options: { readonly special?: boolean | undefined } = {}): number {
    return this.#parts.model.tokenize(text, options.special ?? false).length
  }

  /** The tokens of literal text, with what begins every text. */
  listTokens(text: string): readonly TextToken[] {
    const { tokens } = this.tokenizePrompt({ kind: 'completion', messages: undefined, prompt: text, options: {} })
    const decoder = new TokenText()
    let rest = text
    return tokens.map((id) => {
      const piece = decoder.push(this.#vocabulary.piece(id)) || this.#vocabulary.written(id)
      // What begins every text is not written in it, nor is the space that SentencePiece puts first.
      const own = [piece, piece.trimStart()].find((candidate) => rest.startsWith(candidate)) ?? ''
      rest = rest.slice(own.length)
      return { id, text: own }
    })
  }

  /** Ends the calls under way with `ABORTED` and frees the memory. Can be called again. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    for (const generation of this.#generations) generation.abort(unloaded(this.modelName))
    await this.#rounds.empty()
    await this.#parts.context.dispose()
    await this.#parts.model.dispose()
  }

  #limitOf(promptTokens: number, maxTokens: number | undefined): number {
    const window = this.contextWindow
    const context = { promptTokens, maxTokens, contextWindow: window }
    if (promptTokens >= window) {
      throw new ContextOverflowError(
        `The prompt is ${promptTokens} tokens long and leaves no room in the context window of ${window}: shorten it.`,
        { context },
      )
    }
    if (maxTokens !== undefined && maxTokens > window) {
      throw new ContextOverflowError(
        `maxTokens is ${maxTokens}, more than the whole context window of ${window} tokens: lower it.`,
        { context },
      )
    }
    return Math.min(maxTokens ?? Infinity, window - promptTokens)
  }
}

function unloaded(modelName: string): AbortedError {
  return new AbortedError(`The model ${modelName} was unloaded.`)
}
