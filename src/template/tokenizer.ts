import { ModelAbilityError } from '../errors/model-ability-error.js'
import { ChatTemplate, type SpecialTokenTexts } from './chat-template.js'

/** What is used of the package's class, whose own declarations TypeScript does not find from Node's point of view. */
export interface TokenEncoder {
  encode(text: string, options?: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] }
  token_to_id(token: string): number | undefined
}

export interface TokenizerParts {
  readonly id: string
  readonly encoder: TokenEncoder
  /** `tokenizer_config.json`. */
  readonly config: Readonly<Record<string, unknown>>
  readonly templates: ReadonlyMap<string, string>
  readonly specialTokens: SpecialTokenTexts
}

export interface EncodeOptions {
  /** Adds what the tokenizer adds to literal text, the BOS token for example. @defaultValue true */
  readonly addSpecialTokens?: boolean | undefined
}

/** A model's tokenizer and its chat templates. */
export class Tokenizer {
  /** The folder or repository that it was loaded from. */
  readonly id: string
  readonly specialTokens: SpecialTokenTexts
  /** By name: `default`, `tool_use`, `rag`, ... */
  readonly chatTemplates: ReadonlyMap<string, ChatTemplate>
  /** Whether a server puts the BOS token before literal text by itself. */
  readonly addsBos: boolean
  readonly #encoder: TokenEncoder
  readonly #bosId: number | undefined
  /** Whether the tokenizer's own file puts it there. */
  readonly #encoderAddsBos: boolean

  constructor({ id, encoder, config, templates, specialTokens }: TokenizerParts) {
    this.id = id
    this.specialTokens = specialTokens
    this.chatTemplates = new Map(
      Array.from(templates, ([name, source]) => [name, new ChatTemplate(source, specialTokens)]),
    )
    this.#encoder = encoder
    const { bos_token: bos } = specialTokens
    this.#bosId = bos === undefined ? undefined : encoder.token_to_id(bos)
    this.#encoderAddsBos = this.#bosId !== undefined && encoder.encode('a').ids[0] === this.#bosId
    this.addsBos = this.#bosId !== undefined && (readBosRule(config) ?? this.#encoderAddsBos)
  }

  /** The tokens of a text. Special tokens that stand in it are recognised. */
  encode(text: string, { addSpecialTokens = true }: EncodeOptions = {}): readonly number[] {
    const { ids } = this.#encoder.encode(text, { add_special_tokens: addSpecialTokens })
    if (!addSpecialTokens || this.addsBos === this.#encoderAddsBos || this.#bosId === undefined) return ids
    return this.addsBos ? [this.#bosId, ...ids] : ids.slice(1)
  }

  /** How many tokens a text is. */
  countTokens(text: string, options: EncodeOptions = {}): number {
    return this.encode(text, options).length
  }

  /**
   * The chat template to render with: the named one or a template as it is; without a name `tool_use` for tools if there
   * is one, else `default`.
   *
   * @throws HeadraceError `MODEL_ABILITY` when there is no such template.
   */
  chatTemplate(
    choice: { readonly name?: string | undefined; readonly hasTools?: boolean | undefined } = {},
  ): ChatTemplate {
    const { name, hasTools = false } = choice
    const { chatTemplates } = this
    const chosen = name ?? (hasTools && chatTemplates.has('tool_use') ? 'tool_use' : 'default')
    const template = chatTemplates.get(chosen)
    if (template !== undefined) return template
    // A name has no braces, and a template without braces would write the same for every conversation.
    if (name?.includes('{')) return new ChatTemplate(name, this.specialTokens)
    if (chatTemplates.size === 0) {
      throw new ModelAbilityError(
        `${this.id} has no chat template, so it is probably no chat model: choose its instruct variant, or give a template as chatTemplate.`,
      )
    }
    const names = [...chatTemplates.keys()].map((each) => JSON.stringify(each)).join(', ')
    throw new ModelAbilityError(
      `${this.id} has no chat template ${JSON.stringify(chosen)}: set chatTemplate to one of ${names}.`,
    )
  }
}

/**
 * What `tokenizer_config.json` says of the BOS token, for the tokenizers that heed it. Those of Llama's kind do: with
 * Transformers 4, hence TGI and vLLM, and in the GGUF files that llama.cpp reads. For the others, and all of Transformers
 * 5, `tokenizer.json` decides.
 */
function readBosRule({ tokenizer_class: name, add_bos_token: addsBos }: TokenizerParts['config']): boolean | undefined {
  const heeds = typeof name === 'string' && /^(?:Code)?(?:Llama|Gemma|Cohere)Tokenizer(?:Fast)?$/.test(name)
  return heeds && typeof addsBos === 'boolean' ? addsBos : undefined
}
