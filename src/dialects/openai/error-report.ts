import type { ErrorAnswer } from '../../contract/dialect.js'

/** What the body of an error says, whichever of the usual forms it has. */
export interface ErrorReport {
  /** One line, not too long, without a full stop at its end. */
  readonly said: string
  /** `error.code`, `error.type` or `error_type`: the server's own words for the kind of error. */
  readonly kinds: readonly string[]
  /** A web page, which only something between here and the server sends. */
  readonly isPage: boolean
  /** When the model will be there, as Hugging Face's own servers say. */
  readonly estimatedWaitMs: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

const longest = 500

/**
 * Reads `{"error":"..."}`, `{"error":["..."]}`, `{"error":{"message":...}}`, `{"object":"error","message":...}`,
 * `{"message":...}`, `{"detail":...}`, plain text.
 */
export function readErrorReport({ headers, body }: Pick<ErrorAnswer, 'headers' | 'body'>): ErrorReport {
  const isPage = String(headers['content-type'] ?? '').includes('text/html') || /^\s*<(!doctype|html)/i.test(body)
  const fields = isPage ? {} : readFields(body)
  const error = isFields(fields['error']) ? fields['error'] : fields
  const estimated = fields['estimated_time']
  return {
    said: isPage ? 'a web page instead of a reason' : oneLine(readWords(fields) ?? body),
    kinds: [error['code'], error['type'], fields['error_type']].filter((kind) => typeof kind === 'string'),
    isPage,
    estimatedWaitMs: typeof estimated === 'number' && estimated > 0 ? estimated * 1000 : undefined,
  }
}

function readFields(body: string): Fields {
  try {
    const json: unknown = JSON.parse(body)
    return isFields(json) ? json : {}
  } catch {
    return {}
  }
}

function readWords(fields: Fields): string | undefined {
  const { error, message, detail } = fields
  for (const value of [isFields(error) ? error['message'] : error, message, detail]) {
    const words = wordsOf(value)
    if (words !== '') return words
  }
  return undefined
}

/** Lists are of texts, or of what FastAPI finds wrong with a field. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(wordsOf).join('; ')
  if (!isFields(value)) return ''
  const { loc, msg } = value
  const where = Array.isArray(loc) ? `${loc.join('.')}: ` : ''
  return typeof msg === 'string' ? where + msg : JSON.stringify(value)
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().replace(/\.+$/, '')
  if (line === '') return 'no reason given'
  return line.length > longest ? `${line.slice(0, longest)}...` : line
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
