import type { LlamaGrammar, LlamaModel } from 'node-llama-cpp'

import type { Warning } from '../contract/response.js'
import type { Constraint } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import type { BoundsOptions } from '../output/grammar/bound-grammar.js'
import { choiceToGbnf } from '../output/grammar/choice-to-gbnf.js'
import { jsonSchemaToGbnf } from '../output/grammar/json-schema-to-gbnf.js'
import { regexToGbnf } from '../output/grammar/regex-to-gbnf.js'
import type { LlamaLibrary } from './load-library.js'

/** A constraint as llama.cpp samples with it. */
export interface CompiledGrammar {
  readonly grammar: LlamaGrammar
  readonly warnings: readonly Warning[]
}

const mostGrammars = 256

/** The grammars of constraints, each compiled once; the ones that were used last are kept. */
export class GrammarCache {
  readonly #model: LlamaModel
  readonly #library: Pick<LlamaLibrary, 'LlamaGrammar'>
  readonly #grammars = new Map<string, CompiledGrammar>()

  constructor(model: LlamaModel, library: Pick<LlamaLibrary, 'LlamaGrammar'>) {
    this.#model = model
    this.#library = library
  }

  /**
   * @param limit - The most tokens that the answer may have.
   * @throws HeadraceError `UNSUPPORTED_OPTION` for what no grammar can express, `INVALID_OPTION` for a wrong grammar.
   */
  compile(constraint: Constraint, limit: number): CompiledGrammar {
    const maxTokens = roundDown(limit)
    const key = JSON.stringify([constraint, maxTokens])
    const compiled = this.#grammars.get(key) ?? this.#create(constraint, maxTokens)
    this.#grammars.delete(key)
    this.#grammars.set(key, compiled)
    const [oldest] = this.#grammars.keys()
    if (this.#grammars.size > mostGrammars && oldest !== undefined) this.#grammars.delete(oldest)
    return compiled
  }

  #create(constraint: Constraint, maxTokens: number): CompiledGrammar {
    const countTokens = (text: string): number => this.#model.tokenize(text).length
    const { grammar, warnings } = toGbnf(constraint, { maxTokens, countTokens })
    try {
      // The constructor and not `createGrammar`, which does the same a moment later.
      return { grammar: new this.#library.LlamaGrammar(this.#model.llama, { grammar }), warnings }
    } catch (cause) {
      if (constraint.format !== 'grammar') throw cause
      throw new InvalidOptionError(
        'structuredOutput.schema is not a grammar (GBNF) that llama.cpp can read: it needs a rule named root, every rule that is named, and none that begins with itself.',
        { cause, option: 'structuredOutput' },
      )
    }
  }
}

function toGbnf(
  constraint: Constraint,
  bounds: BoundsOptions,
): { readonly grammar: string; readonly warnings: readonly Warning[] } {
  switch (constraint.format) {
    case 'json': {
      const { schema, whitespacePattern } = constraint
      return jsonSchemaToGbnf(schema, { ...bounds, whitespacePattern })
    }
    case 'json-object':
      return jsonSchemaToGbnf({ type: 'object' }, bounds)
    case 'regex':
      return regexToGbnf(constraint.pattern, bounds)
    case 'choice':
      return { grammar: choiceToGbnf(constraint.choices), warnings: [] }
    case 'grammar':
      return { grammar: constraint.grammar, warnings: [] }
  }
}

/** To four binary digits, so that prompts of nearly the same length share a grammar. */
function roundDown(limit: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(limit)) - 3)
  return Math.floor(limit / step) * step
}
