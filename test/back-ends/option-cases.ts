import type { OptionName } from '../../src/contract/capabilities.js'
import type { GenerationOptions, StructuredOutput } from '../../src/index.js'

/** An option with a value that changes the result, so that dropping it would be a difference. */
export interface OptionCase {
  readonly value: unknown
  /** What the option means nothing without. */
  readonly beside?: GenerationOptions
}

const tools = [
  {
    name: 'weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
] as const

/** All options but `n`, which is as many requests on every back end, and `structuredOutput`, whose cases are its formats. */
export type CaseOption = Exclude<OptionName, 'n' | 'structuredOutput'>

/** What the suite gives for each option. */
export const optionCases: Readonly<Record<CaseOption, OptionCase>> = {
  maxTokens: { value: 7 },
  temperature: { value: 0.5 },
  topP: { value: 0.5 },
  topK: { value: 7 },
  minP: { value: 0.25 },
  typicalP: { value: 0.5 },
  repetitionPenalty: { value: 1.5 },
  frequencyPenalty: { value: 0.5 },
  presencePenalty: { value: 0.25 },
  seed: { value: 3 },
  stop: { value: ['END'] },
  stopTokenIds: { value: [2] },
  logprobs: { value: 2 },
  tools: { value: tools },
  toolChoice: { value: 'required', beside: { tools } },
  parallelToolCalls: { value: false, beside: { tools } },
  logitBias: { value: { '5': -1 } },
  returnFullText: { value: true },
  watermark: { value: true },
  toolPrompt: { value: 'Use:', beside: { tools } },
  reasoning: { value: false },
  chatTemplateKwargs: { value: { style: 'brief' } },
  extraBody: { value: { user: 'ana' } },
}

export const caseOptions: readonly CaseOption[] = Object.keys(optionCases) as CaseOption[]

export const schema = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 40 } },
  required: ['name'],
  additionalProperties: false,
} as const

/** What is asked of the text, and texts that fit it and do not. */
export interface OutputCase {
  readonly output: StructuredOutput
  readonly fits: string
  /** Absent: it is not validated. */
  readonly misfits?: string
}

export type OutputFormat = StructuredOutput['format']

/** What the suite asks for each format of `structuredOutput`. */
export const outputCases: Readonly<Record<OutputFormat, OutputCase>> = {
  json: { output: { format: 'json', schema }, fits: '{"name":"Ada"}', misfits: '{"name":7}' },
  regex: { output: { format: 'regex', schema: '[0-9]{4}' }, fits: '2026', misfits: 'x2026' },
  choice: { output: { format: 'choice', schema: ['red', 'blue'] }, fits: 'blue', misfits: 'blues' },
  grammar: { output: { format: 'grammar', schema: 'root ::= "yes" | "no"' }, fits: 'yes' },
}

export const outputFormats: readonly OutputFormat[] = Object.keys(outputCases) as OutputFormat[]
