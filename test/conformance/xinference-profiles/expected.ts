import type { EngineName, Version } from '../../support/xinference-profiles/profile.js'

/**
 * What becomes of a `structuredOutput`.
 *
 * - `obeyed`: the text is constrained to it
 * - `ignored`: the server drops it; a text that does not fit is `INVALID_OUTPUT`
 * - `refused`: `UNSUPPORTED_OPTION`, before anything is sent
 * - `fails`: the server's engine fails on the field: `SERVER_ERROR`
 */
export type Constrained = 'obeyed' | 'ignored' | 'refused' | 'fails'

/** By format: json, regex, choice, grammar. */
export type Constraints = readonly [json: Constrained, regex: Constrained, choice: Constrained, grammar: Constrained]

/** What one version can do, through `Xinference`. */
export interface Expected {
  /** Tools are taken; the answer to a `streamChat` with them comes in pieces, or whole where the server refuses to stream. */
  readonly tools: 'in pieces' | 'whole'
  /** A stream tells its usage. */
  readonly usageOfStreams: boolean
  /** Where a model's thinking goes that was launched to split it, and that of one that was not. */
  readonly thinking: { readonly split: 'reasoning' | 'text'; readonly inline: 'reasoning' | 'text' }
  /** What becomes of `reasoning: false` for a hybrid model. */
  readonly reasoningSwitch: 'sent' | 'refused'
  readonly chatTemplateKwargs: 'sent' | 'refused'
  /** What becomes of a system message in the middle; with a model whose template refuses it, and with another one. */
  readonly lateSystemMessage: { readonly strict: 'sent' | 'joined'; readonly other: 'sent' | 'joined' }
  /** A conversation whose last message is the assistant's. */
  readonly lastFromAssistant: 'answered' | 'INVALID_REQUEST'
  /** Who tells that a prompt of a chat is above the window: the answer, or the model's events, which are asked then. */
  readonly overflowIsToldBy: 'answer' | 'events'
  /** The error of a `maxTokens` of 40,000. */
  readonly manyTokens: 'answered' | 'INVALID_REQUEST'
  readonly structuredOutput: Readonly<Record<EngineName, Constraints>>
  /** The same for literal text on vLLM; nowhere else is there any. */
  readonly structuredText: Constraints
}

const allRefused: Constraints = ['refused', 'refused', 'refused', 'refused']
const allObeyed: Constraints = ['obeyed', 'obeyed', 'obeyed', 'obeyed']
const jsonObeyed: Constraints = ['obeyed', 'refused', 'refused', 'refused']
/** Of an engine that the server does not tell, where it ignores the fields; a grammar is not sent to such a one. */
const unknownIgnores: Constraints = ['ignored', 'ignored', 'ignored', 'refused']
const unknownObeys: Constraints = ['obeyed', 'obeyed', 'obeyed', 'refused']
const unknownFails: Constraints = ['fails', 'fails', 'fails', 'refused']

const expected08: Expected = {
  tools: 'whole',
  usageOfStreams: false,
  thinking: { split: 'text', inline: 'text' },
  reasoningSwitch: 'refused',
  chatTemplateKwargs: 'refused',
  lateSystemMessage: { strict: 'joined', other: 'joined' },
  lastFromAssistant: 'INVALID_REQUEST',
  overflowIsToldBy: 'answer',
  manyTokens: 'INVALID_REQUEST',
  structuredOutput: {
    'llama.cpp': allRefused,
    vLLM: allRefused,
    Transformers: allRefused,
    SGLang: allRefused,
    MLX: allRefused,
  },
  structuredText: allRefused,
}

const expected014: Expected = {
  ...expected08,
  usageOfStreams: true,
  lateSystemMessage: { strict: 'sent', other: 'sent' },
  manyTokens: 'answered',
  structuredOutput: {
    'llama.cpp': allRefused,
    vLLM: unknownIgnores,
    Transformers: unknownIgnores,
    SGLang: unknownIgnores,
    MLX: allRefused,
  },
  structuredText: unknownIgnores,
}

const expected26: Expected = {
  ...expected014,
  thinking: { split: 'reasoning', inline: 'reasoning' },
  reasoningSwitch: 'sent',
  chatTemplateKwargs: 'sent',
  structuredOutput: {
    'llama.cpp': jsonObeyed,
    vLLM: unknownObeys,
    Transformers: unknownIgnores,
    SGLang: unknownFails,
    MLX: allRefused,
  },
  structuredText: unknownObeys,
}

const expected211: Expected = { ...expected26, lastFromAssistant: 'answered' }

const expected30: Expected = {
  ...expected211,
  tools: 'in pieces',
  lateSystemMessage: { strict: 'joined', other: 'sent' },
}

const expected32: Expected = {
  ...expected30,
  structuredOutput: {
    'llama.cpp': jsonObeyed,
    vLLM: allObeyed,
    Transformers: allRefused,
    SGLang: jsonObeyed,
    // Obeyed since 4.0, which a description does not tell from 3.1.
    MLX: allRefused,
  },
  structuredText: allObeyed,
}

const expected41: Expected = {
  ...expected32,
  // The answer does not tell what a chat failed of; it is asked for when the call has ended.
  overflowIsToldBy: 'events',
}

export const expected: Readonly<Record<Version, Expected>> = {
  '0.8': expected08,
  '0.14': expected014,
  '2.6': expected26,
  '2.11': expected211,
  '3.0': expected30,
  '3.2': expected32,
  '4.1': expected41,
}
