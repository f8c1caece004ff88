import type { Constraint, JsonMode, StructuredOutput } from '../contract/structured-output.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { InvalidOutputError, type OutputIssue } from '../errors/invalid-output-error.js'
import { TruncatedOutputError } from '../errors/truncated-output-error.js'
import { type Check, compileSchema } from './compile-schema.js'
import { setAside } from './set-aside.js'
import { unwrapped } from './wrap-schema.js'

/** A text that is to be read. */
export interface OutputText {
  readonly text: string
  /** It ended because its tokens did. */
  readonly wasCut: boolean
  /** The value stands in an object of its own; see `wrapSchema`. */
  readonly isWrapped: boolean
}

/** A `structuredOutput`, ready to be sent and to check answers with. */
export interface CompiledOutput {
  readonly constraint: Exclude<Constraint, JsonMode>
  /**
   * The value that a text stands for: parsed JSON, otherwise the text. Thinking and a code fence around it are set aside.
   *
   * @throws InvalidOutputError `INVALID_OUTPUT` when the text is not what was asked for.
   * @throws TruncatedOutputError `OUTPUT_TRUNCATED` when it is not because it was cut.
   */
  read(text: OutputText): unknown
}

/** Compiles a schema once, however often it is used. @throws InvalidOptionError when it is not a schema. */
export async function compileOutput(output: StructuredOutput): Promise<CompiledOutput> {
  switch (output.format) {
    case 'json': {
      const { name = 'output', whitespacePattern } = output
      const { schema, check } = await compileSchema(output.schema)
      return {
        constraint: { format: 'json', name, schema, whitespacePattern },
        read: (answer) => readJson(answer, check),
      }
    }
    case 'regex': {
      const matcher = compilePattern(output.schema)
      const what = `match the regular expression ${output.schema}`
      return {
        constraint: { format: 'regex', pattern: output.schema },
        read: (answer) => readText(answer, (text) => matcher.test(text), what),
      }
    }
    case 'choice': {
      const choices = new Set(output.schema)
      const what = `be one of the choices: ${output.schema.map((choice) => JSON.stringify(choice)).join(', ')}`
      return {
        constraint: { format: 'choice', choices: output.schema },
        read: (answer) => readText(answer, (text) => choices.has(text), what),
      }
    }
    case 'grammar':
      return { constraint: { format: 'grammar', grammar: output.schema }, read: ({ text }) => text }
  }
}

/** Matches the whole text. Servers read patterns by rules of their own; what JavaScript cannot read is refused. */
function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch (cause) {
    throw new InvalidOptionError(`structuredOutput.schema is not a regular expression: ${(cause as Error).message}.`, {
      cause,
      option: 'structuredOutput',
    })
  }
}

function readText({ text, wasCut }: OutputText, fits: (text: string) => boolean, what: string): string {
  if (fits(text)) return text
  const inner = setAside(text)
  if (fits(inner)) return inner
  if (wasCut) throw truncated(text)
  throw new InvalidOutputError(`The answer does not ${what}.`, { issues: [{ path: '', message: `must ${what}` }] })
}

function readJson({ text, wasCut, isWrapped }: OutputText, check: Check): unknown {
  let json: unknown
  try {
    json = parse(text)
  } catch (cause) {
    if (wasCut) throw truncated(text)
    // It quotes the text, line breaks included.
    const message = (cause as Error).message.replaceAll(/\s+/g, ' ')
    throw new InvalidOutputError(`The answer is not JSON: ${message}.`, {
      cause,
      issues: [{ path: '', message: `must be JSON: ${message}` }],
    })
  }
  const result = check(isWrapped ? unwrapped(json) : json)
  if ('value' in result) return result.value
  throw unfitting(result.issues)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return JSON.parse(setAside(text))
  }
}

function unfitting(issues: readonly OutputIssue[]): InvalidOutputError {
  const [first] = issues
  const where = first?.path ? ` at ${first.path}` : ''
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : ''
  return new InvalidOutputError(
    `The answer does not fit the schema${where}: ${first?.message ?? 'not valid'}${more}.`,
    {
      issues,
    },
  )
}

function truncated(text: string): TruncatedOutputError {
  const where = `${text.length} ${text.length === 1 ? 'character' : 'characters'}`
  return new TruncatedOutputError(
    `The answer met its token limit after ${where}, before it was complete: raise maxTokens, or give the texts and lists of the schema a length.`,
  )
}
