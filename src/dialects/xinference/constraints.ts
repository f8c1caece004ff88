import type { Capabilities, Route } from '../../contract/capabilities.js'
import type { Constraint, ConstraintFormat } from '../../contract/structured-output.js'
import type { XinferenceModel } from './read-description.js'

/** A field of the request that constrains the text. */
type ConstraintField =
  | 'response_format'
  | 'guided_json'
  | 'guided_whitespace_pattern'
  | 'guided_regex'
  | 'guided_choice'
  | 'guided_grammar'

/** By which fields a route constrains to what. */
export type ConstraintFields = Readonly<
  Partial<Record<Route, Readonly<Partial<Record<ConstraintFormat, readonly ConstraintField[]>>>>>
>

/** JSON mode is ignored by llama.cpp, and SGLang dies of it. */
const responseFormat: ConstraintFields = { chat: { json: ['response_format'] } }

/** vLLM reads the guided fields on both routes since server 1.0.1; `response_format` is dropped for literal text. */
const vllm: ConstraintFields = {
  chat: {
    json: ['response_format', 'guided_whitespace_pattern'],
    'json-object': ['response_format'],
    regex: ['guided_regex'],
    choice: ['guided_choice'],
    grammar: ['guided_grammar'],
  },
  completion: {
    json: ['guided_json', 'guided_whitespace_pattern'],
    regex: ['guided_regex'],
    choice: ['guided_choice'],
    grammar: ['guided_grammar'],
  },
}

/**
 * An engine that servers before 3.1 do not tell. vLLM loses the schema of `response_format` before server 2.11 and
 * reads `guided_json`, SGLang reads `response_format` alone; so both go, and the answer is validated. A grammar cannot
 * be validated, so it is not sent to an engine that may ignore it.
 */
const unknownEngine: ConstraintFields = {
  chat: {
    json: ['response_format', 'guided_json', 'guided_whitespace_pattern'],
    regex: ['guided_regex'],
    choice: ['guided_choice'],
  },
  completion: {
    json: ['guided_json', 'guided_whitespace_pattern'],
    regex: ['guided_regex'],
    choice: ['guided_choice'],
  },
}

/**
 * What each engine constrains to. llama.cpp makes a grammar of the schema since server 1.15 and ignores the guided
 * fields; SGLang takes the schema and fails on the guided fields. MLX takes the schema since server 4, which a description does
 * not tell from 3.1, where it is ignored; Transformers and LMDeploy ignore all of it.
 */
const fieldsOfEngine: Readonly<Record<string, ConstraintFields>> = {
  'llama.cpp': responseFormat,
  vllm,
  sglang: responseFormat,
  transformers: {},
  mlx: {},
  lmdeploy: {},
}

export function constraintFieldsOf({ engine, serverVersion }: XinferenceModel): ConstraintFields {
  // No server before 1.0.1 constrains anything; what a description tells is 0.9 and 1.6.
  if (serverVersion < 0.9) return {}
  if (engine === undefined) return unknownEngine
  if (serverVersion < 1.6 && engine === 'llama.cpp') return {}
  return fieldsOfEngine[engine] ?? responseFormat
}

/** The same for people and for the checks of a call. */
export function constraintsOf(fields: ConstraintFields): Capabilities['constraints'] {
  return Object.fromEntries(
    Object.entries(fields).map(([route, formats]) => [
      route,
      Object.fromEntries(Object.entries(formats).map(([format, names]) => [format, names.join(' and ')])),
    ]),
  )
}

/** Routes that take a pattern for white space beside a schema. */
export function whitespaceRoutes({ chat, completion }: ConstraintFields): readonly Route[] {
  const takes = (formats: ConstraintFields[Route]): boolean =>
    formats?.json?.includes('guided_whitespace_pattern') ?? false
  return [...(takes(chat) ? ['chat' as const] : []), ...(takes(completion) ? ['completion' as const] : [])]
}

/** The fields of the request's body. */
export function compileConstraint(
  constraint: Constraint,
  route: Route,
  fields: ConstraintFields,
): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {}
  for (const field of fields[route]?.[constraint.format] ?? []) {
    const value = valueOf(constraint, field)
    if (value !== undefined) body[field] = value
  }
  return body
}

function valueOf(constraint: Constraint, field: ConstraintField): unknown {
  switch (constraint.format) {
    case 'json': {
      const { name, schema, whitespacePattern } = constraint
      if (field === 'guided_whitespace_pattern') return whitespacePattern
      return field === 'guided_json' ? schema : { type: 'json_schema', json_schema: { name, schema, strict: true } }
    }
    case 'json-object':
      return { type: 'json_object' }
    case 'regex':
      return constraint.pattern
    case 'choice':
      return constraint.choices
    case 'grammar':
      return constraint.grammar
  }
}
