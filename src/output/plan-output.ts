import type { Capabilities, Route } from '../contract/capabilities.js'
import type { Warning } from '../contract/response.js'
import type { Constraint, OutputRung } from '../contract/structured-output.js'
import { UnsupportedOptionError } from '../errors/unsupported-option-error.js'
import { boundSchema } from './bound-schema.js'
import type { CompiledOutput } from './compile-output.js'
import type { OutputRefusals } from './output-refusals.js'
import { wrapSchema } from './wrap-schema.js'

/** How an answer is held to its form. */
export interface OutputPlan {
  readonly rung: OutputRung
  readonly constraint: Constraint | undefined
  /** The value is asked for in an object of its own. */
  readonly isWrapped: boolean
}

export interface OutputPlanning {
  readonly route: Route
  readonly capabilities: Capabilities
  /** What the server has refused before. */
  readonly refusals: OutputRefusals
  /** Anything but a constraint is refused. */
  readonly isStrict: boolean
  /** There is a conversation, in which words can be added. */
  readonly canInstruct: boolean
}

/**
 * The highest rung that the server has for this output: a constraint, JSON mode, words.
 *
 * @throws UnsupportedOptionError `UNSUPPORTED_OPTION` when there is none, or none that is strict enough.
 */
export function planOutput(output: CompiledOutput, planning: OutputPlanning, warnings: Warning[]): OutputPlan {
  const { route, capabilities, refusals, isStrict, canInstruct } = planning
  const { format } = output.constraint
  const offers = capabilities.constraints?.[route]
  const isRefused = refusals.has(route, output.constraint)
  if (offers?.[format] !== undefined && !isRefused) return constrained(output, planning, warnings)
  const reason = isRefused ? 'the server refused the constraint' : whyNot(format, route, capabilities)
  if (isStrict || format === 'grammar' || !canInstruct) {
    const advice = isStrict ? '' : format === 'grammar' ? '' : ', and literal text cannot ask for it in words'
    throw unsupported(`${reason}${advice}`)
  }
  const hasJsonMode = format === 'json' && offers?.['json-object'] !== undefined && isObjectSchema(output)
  const rung = hasJsonMode && !refusals.has(route, jsonMode) ? 'json-mode' : 'prompt'
  const how = rung === 'json-mode' ? "by the server's JSON mode and in words" : 'in words alone'
  warnings.push({
    code: 'not-constrained',
    message: `structuredOutput: the text is not constrained, because ${reason}; it is asked for ${how}, and the answer is validated.`,
  })
  return {
    rung,
    constraint: rung === 'json-mode' ? jsonMode : undefined,
    isWrapped: false,
  }
}

/** The constraint with an end for what has none, where the server holds to it. */
export function boundConstraint(
  constraint: Constraint | undefined,
  maxTokens: number | undefined,
  { holdsLengths = false }: Capabilities,
  warnings: Warning[],
): Constraint | undefined {
  if (!holdsLengths || constraint?.format !== 'json' || maxTokens === undefined) return constraint
  const bounded = boundSchema(constraint.schema, maxTokens)
  warnings.push(...bounded.warnings)
  return bounded.schema === constraint.schema ? constraint : { ...constraint, schema: bounded.schema }
}

const jsonMode = { format: 'json-object' } as const

function constrained({ constraint }: CompiledOutput, planning: OutputPlanning, warnings: Warning[]): OutputPlan {
  const plan = { rung: 'constrained', constraint, isWrapped: false } as const
  if (constraint.format !== 'json') return plan
  const { route, capabilities } = planning
  let sent = constraint
  if (constraint.whitespacePattern !== undefined && capabilities.whitespace?.includes(route) !== true) {
    warnings.push({
      code: 'whitespace-ignored',
      message: 'structuredOutput: whitespacePattern was left out, the server takes none here.',
    })
    sent = { ...sent, whitespacePattern: undefined }
  }
  const isWrapped = capabilities.wantsProperties === true && constraint.schema['properties'] === undefined
  if (isWrapped) {
    warnings.push({
      code: 'schema-wrapped',
      message:
        'structuredOutput: the server takes only schemas with "properties" at the top, so the value is asked for as the member "value" of an object; `parsed` is the value itself.',
    })
    sent = { ...sent, schema: wrapSchema(constraint.schema) }
  }
  return { ...plan, constraint: sent, isWrapped }
}

/** JSON modes write objects. */
function isObjectSchema({ constraint }: CompiledOutput): boolean {
  if (constraint.format !== 'json') return false
  const { type, properties } = constraint.schema
  return type === 'object' || (type === undefined && properties !== undefined)
}

function whyNot(
  format: CompiledOutput['constraint']['format'],
  route: Route,
  { constraints, unconstrained }: Capabilities,
): string {
  const reason = unconstrained?.[format]
  if (reason !== undefined) return reason
  return constraints?.[route === 'chat' ? 'completion' : 'chat']?.[format] === undefined
    ? `this engine does not constrain its text to a ${format === 'json' ? 'schema' : format}`
    : `the server constrains ${route === 'chat' ? 'literal text' : 'conversations'} only`
}

function unsupported(reason: string): UnsupportedOptionError {
  return new UnsupportedOptionError(`structuredOutput cannot be honoured: ${reason}.`, { option: 'structuredOutput' })
}
