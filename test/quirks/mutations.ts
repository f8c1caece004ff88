/** A quirk of Xinference (`docs/servers.md`), and how its handling is taken out of the sources so that its tests are seen to fail. */
export interface Quirk {
  readonly number: number
  /** Of its tests, which are in `describe('quirk 1: ...')`. */
  readonly file: 'deltas' | 'stream-ends' | 'tools' | 'reasoning' | 'requests' | 'server-state'
  readonly mutations: readonly Mutation[]
}

/** One handling, deleted: `text` of `path` gives way to `replacement`. */
export interface Mutation {
  readonly path: string
  /** Stands there once. */
  readonly text: string
  readonly replacement: string
  /** What is deleted with it. */
  readonly handling: string
}

const reader = 'src/dialects/openai/stream-reader.ts'
const answer = 'src/dialects/openai/read-answer.ts'
const fields = 'src/dialects/openai/read-fields.ts'
const tools = 'src/dialects/openai/tool-call-assembler.ts'
const splitter = 'src/dialects/openai/think-splitter.ts'
const thought = 'src/dialects/openai/read-thought.ts'
const dialect = 'src/dialects/xinference/xinference-dialect.ts'
const errors = 'src/dialects/xinference/read-error.ts'
const engine = 'src/llm/dialect-engine.ts'
const call = 'src/llm/call.ts'
const warnings = 'src/llm/answer-warnings.ts'

export const quirks: readonly Quirk[] = [
  {
    number: 1,
    file: 'deltas',
    mutations: [
      {
        path: reader,
        text: `typeof content === 'string' && content !== ''`,
        replacement: `content !== undefined`,
        handling: 'content that is no text is passed over in a stream',
      },
      {
        path: answer,
        text: `typeof content === 'string'`,
        replacement: `content !== undefined`,
        handling: 'content null is no text in a plain answer',
      },
    ],
  },
  {
    number: 2,
    file: 'deltas',
    mutations: [
      {
        path: reader,
        text: `if (choice !== undefined && choice !== null) this.#choice`,
        replacement: `this.#choice`,
        handling: 'a chunk without a choice is read for the rest',
      },
    ],
  },
  {
    number: 3,
    file: 'deltas',
    mutations: [
      {
        path: reader,
        text: `if (this.#reason === undefined || reason.unified === 'tool-calls') this.#reason`,
        replacement: `this.#reason`,
        handling: 'the first reason holds',
      },
      {
        path: reader,
        text: `if (this.#reason === undefined || reason.unified === 'tool-calls') this.#reason`,
        replacement: `if (this.#reason === undefined) this.#reason`,
        handling: 'but for tool_calls',
      },
    ],
  },
  {
    number: 4,
    file: 'deltas',
    mutations: [
      {
        path: fields,
        text: `typeof value === 'number' && value >= 0`,
        replacement: `typeof value === 'number'`,
        handling: 'a negative count is not known',
      },
      {
        path: reader,
        text: `if (usage === undefined) return`,
        replacement: ``,
        handling: 'the last known usage holds',
      },
    ],
  },
  {
    number: 5,
    file: 'stream-ends',
    mutations: [
      {
        path: reader,
        text: `if (chunk.error !== undefined && chunk.error !== null) throw this.#options.readStreamError(chunk.error)`,
        replacement: ``,
        handling: 'an error event is thrown',
      },
      {
        path: errors,
        text: `if (/^429\\b|^rate limit reached/i.test(said))`,
        replacement: `if (said === '')`,
        handling: 'a rate limit is known by its words',
      },
    ],
  },
  {
    number: 6,
    file: 'stream-ends',
    mutations: [
      {
        path: errors,
        text: `if (said.includes("'async for' requires an object with __aiter__"))`,
        replacement: `if (said === '')`,
        handling: 'the lost reason is said to be lost',
      },
    ],
  },
  {
    number: 7,
    file: 'stream-ends',
    mutations: [
      {
        path: reader,
        text: `return this.#reason !== undefined || (`,
        replacement: `return (`,
        handling: 'a reason and the end of the body are an end',
      },
      {
        path: reader,
        text: `return this.#reason !== undefined || (`,
        replacement: `return true || (`,
        handling: 'without [DONE] and without a reason the answer is truncated',
      },
    ],
  },
  {
    number: 8,
    file: 'requests',
    mutations: [
      {
        path: errors,
        text: `if (/validation error|^Internal Server Error: (Extra data|Expecting)/i.test(said))`,
        replacement: `if (said === '')`,
        handling: 'the text of a 500 is looked at',
      },
    ],
  },
  {
    number: 9,
    file: 'requests',
    mutations: [
      {
        path: dialect,
        text: `if (value !== undefined) body[sameValue[option]] = value`,
        replacement: `body[sameValue[option]] = value ?? null`,
        handling: 'an unset field is left out',
      },
      {
        path: dialect,
        text: `if (tools !== undefined && tools.length > 0) body['tools']`,
        replacement: `if (tools !== undefined) body['tools']`,
        handling: 'so are tools, when there are none',
      },
    ],
  },
  {
    number: 10,
    file: 'tools',
    mutations: [
      {
        path: tools,
        text: `const hasIndex = typeof index === 'number' && index >= 0`,
        replacement: `const hasIndex = typeof index === 'string'`,
        handling: 'a piece belongs to the call of its index, not of its id',
      },
    ],
  },
  {
    number: 11,
    file: 'tools',
    mutations: [
      {
        path: tools,
        text: `isObject(parse(text)) && isObject(parse(call.arguments)) ? '' : text`,
        replacement: `text`,
        handling: 'whole arguments after whole arguments are not added',
      },
      {
        path: tools,
        text: `if (named !== -1) return named`,
        replacement: ``,
        handling: 'without an index a known id continues its call',
      },
      {
        path: tools,
        text: `if (name === undefined) return Math.max(0, last)`,
        replacement: ``,
        handling: 'without index and id a piece continues the last call',
      },
      {
        path: tools,
        text: `return repeated === -1 ? last + 1 : repeated`,
        replacement: `return last + 1`,
        handling: 'a list that comes twice is one list',
      },
      {
        path: tools,
        text: `return isOther ? this.#calls.length : at`,
        replacement: `return at`,
        handling: 'another call under the same index is another call',
      },
    ],
  },
  {
    number: 12,
    file: 'tools',
    mutations: [
      {
        path: warnings,
        text: `isArguments(text, isCut) ? [] : [`,
        replacement: `true ? [] : [`,
        handling: 'arguments are validated, with a warning',
      },
    ],
  },
  {
    number: 13,
    file: 'reasoning',
    mutations: [
      {
        path: dialect,
        text: `if (this.#thinks === 'never') return 'none'`,
        replacement: `return 'none'`,
        handling: 'the text of a reasoning model is split at its tags',
      },
      {
        path: dialect,
        text: `if (this.#thinks === 'never') return 'none'`,
        replacement: ``,
        handling: 'and that of another model is not',
      },
      {
        path: dialect,
        text: `constraint === undefined ? 'expected' : 'possible'`,
        replacement: `constraint === undefined ? 'possible' : 'possible'`,
        handling: 'a model that always thinks begins with thinking',
      },
      {
        path: splitter,
        text: `if (isReported) this.#sink.revise('', before.trim() || undefined)`,
        replacement: `if (isReported) this.#held = ''`,
        handling: 'a lone closing tag makes thinking of the text before it',
      },
      {
        path: splitter,
        text: `this.#sink.revise(this.#whole, undefined)`,
        replacement: `this.#think(held)`,
        handling: 'expected thinking that no tag ends is text',
      },
      {
        path: splitter,
        text: `return thinking === 'expected' || !before.includes(opening)`,
        replacement: `return true`,
        handling: 'tags in the middle of a text are text',
      },
      {
        path: engine,
        text: `this.#reader?.end(this.#sink)\n    this.#letGo()`,
        replacement: `this.#letGo()`,
        handling: 'what was held back is not lost when an answer fails',
      },
    ],
  },
  {
    number: 14,
    file: 'reasoning',
    mutations: [
      {
        path: thought,
        text: `if (typeof older === 'string' && older !== '') return older`,
        replacement: ``,
        handling: 'reasoning_content is read',
      },
      {
        path: thought,
        text: `typeof newer === 'string' ? newer : ''`,
        replacement: `''`,
        handling: 'reasoning is read',
      },
      {
        path: splitter,
        text: `if (this.#state !== 'start') return`,
        replacement: `return`,
        handling: 'beside it the text is not split',
      },
      {
        path: answer,
        text: `thought.replace(/^\\s*<think>\\s*/, '')`,
        replacement: `thought`,
        handling: 'the tag that the server wrote is taken off',
      },
      {
        path: warnings,
        text: `return [{ code: 'thinking-cut-off', message }]`,
        replacement: `return message === '' ? none : none`,
        handling: 'thinking without an answer has a warning',
      },
    ],
  },
  {
    number: 15,
    file: 'tools',
    mutations: [
      {
        path: errors,
        text: `if (/argument of type 'NoneType' is not iterable/.test(said))`,
        replacement: `if (said === '')`,
        handling: 'it is said to be a bug of the server',
      },
    ],
  },
  {
    number: 16,
    file: 'server-state',
    mutations: [
      {
        path: call,
        text: `if (this.answer.hasBegun) return false`,
        replacement: ``,
        handling: 'an answer that has begun is not asked for again',
      },
      {
        path: errors,
        text: `/remote server .* closed|connect call failed/i.test(said)`,
        replacement: `said === ''`,
        handling: 'one that has not is',
      },
      {
        path: 'src/llm/retry-policy.ts',
        text: `&& !isMadeAgain) return undefined`,
        replacement: `) return undefined`,
        handling: 'also while the model is missing',
      },
    ],
  },
  {
    number: 17,
    file: 'stream-ends',
    mutations: [
      {
        path: call,
        text: `else this.touched = this.#phase === 'idle'`,
        replacement: `else if (this.#phase === 'first-token') this.at = Infinity`,
        handling: 'pings do not put off the deadline of the first token',
      },
      {
        path: 'src/transport/deadline-timer.ts',
        text: `deadline.onPassed()`,
        replacement: ``,
        handling: 'deadlines of our own',
      },
    ],
  },
  {
    number: 18,
    file: 'server-state',
    mutations: [
      {
        path: 'src/xinference/client/taken-uid.ts',
        text: `return parts.every(({ status }) => status === 'ERROR')`,
        replacement: `return false`,
        handling: 'what is left of a failed launch is ended first',
      },
      {
        path: 'src/xinference/client/taken-uid.ts',
        text: `return parts.every(({ status }) => status === 'ERROR')`,
        replacement: `return true`,
        handling: 'and a model that lives is not',
      },
    ],
  },
  {
    number: 19,
    file: 'server-state',
    mutations: [
      {
        path: errors,
        text: `if (loading.test(said))`,
        replacement: `if (status === 503 && loading.test(said))`,
        handling: 'a model that loads is known by the words, whatever the status',
      },
    ],
  },
  {
    number: 20,
    file: 'server-state',
    mutations: [
      {
        path: 'src/xinference/failure-explainer.ts',
        text: `if (isRememberedMiss(error)) return this.#lookAgain(error)`,
        replacement: ``,
        handling: 'after a remembered miss the list is asked',
      },
      {
        path: 'src/xinference/client/wait-until-ready.ts',
        text: `const missBelievedMs = 15_000`,
        replacement: `const missBelievedMs = 5_000`,
        handling: 'who waits for a launch believes no miss before 15 s',
      },
    ],
  },
  {
    number: 21,
    file: 'server-state',
    mutations: [
      {
        path: 'src/llm/call-stream.ts',
        text: `this.#call?.abort(new AbortedError('The stream was left before its end.'))`,
        replacement: ``,
        handling: 'a stream that is left is closed',
      },
      {
        path: 'src/errors/rate-limit-error.ts',
        text: `isRetryable = true`,
        replacement: `isRetryable = false`,
        handling: 'a request above the limit is sent again',
      },
      {
        path: 'src/transport/retry-delay.ts',
        text: `ceiling * (0.1 + 0.9 * runtime.random())`,
        replacement: `ceiling`,
        handling: 'at a time of chance',
      },
    ],
  },
  {
    number: 22,
    file: 'server-state',
    mutations: [
      {
        path: 'src/errors/connection-error.ts',
        text: `isRetryable = true`,
        replacement: `isRetryable = false`,
        handling: 'a request of which nothing came back is sent again',
      },
    ],
  },
  {
    number: 23,
    file: 'deltas',
    mutations: [
      {
        path: 'src/transport/sse-decoder.ts',
        text: `const streaming = { stream: true }`,
        replacement: `const streaming = { stream: false }`,
        handling: 'bytes are decoded across chunks; what the server cut itself cannot be repaired',
      },
    ],
  },
  {
    number: 24,
    file: 'server-state',
    mutations: [
      {
        path: 'src/transport/undici-transport.ts',
        text: `this.#controller?.abort(new Error('aborted by the caller'))`,
        replacement: ``,
        handling: 'the connection of a cancelled call is closed; the bug of old servers is theirs',
      },
    ],
  },
  {
    number: 25,
    file: 'requests',
    mutations: [
      {
        path: errors,
        text: `const isPage = isHtml(headers, body)`,
        replacement: `const isPage = isHtml({}, '')`,
        handling: 'a web page is known by its type',
      },
    ],
  },
  {
    number: 26,
    file: 'requests',
    mutations: [
      {
        path: 'src/xinference/session.ts',
        text: `this.#jsonHeaders = { ...this.#headers,`,
        replacement: `this.#jsonHeaders = { ...this.#openHeaders,`,
        handling: 'calls have the key',
      },
      {
        path: 'src/xinference/session.ts',
        text: `{ ...this.#openHeaders, authorization: \`Bearer \${token}\` }`,
        replacement: `{ ...this.#openHeaders }`,
        handling: 'everything else has it too',
      },
    ],
  },
  {
    number: 27,
    file: 'requests',
    mutations: [
      {
        path: 'src/llm/prepare-messages.ts',
        text: `if (/^(data|https?):/i.test(text)) return text`,
        replacement: `return text`,
        handling: 'a local file is read here',
      },
    ],
  },
]
