import type { DatasetRow } from '../dataset-row.js'
import type { RowFormat } from './row-format.js'

const finishReasons = { 'tool-calls': 'tool_calls', 'content-filter': 'content_filter', other: null } as const

/** The lines of an OpenAI batch output file; a row without an answer has an `error` instead of a `response`. */
export function batchFormat(): RowFormat {
  return {
    config: { format: 'batch' },
    keepRaw: false,
    write: ({ samples }, out) => {
      for (const row of samples) out.write(`${JSON.stringify(toLine(row))}\n`)
    },
  }
}

function toLine(row: DatasetRow): object {
  const { custom_id: id, url } = row.input
  const name = `headrace-${row.index}-${row.sample}`
  const { answer, status } = row
  const isAnswer = status === 'ok'
  return {
    id: name,
    custom_id: id ?? null,
    response: isAnswer ? { status_code: 200, request_id: name, body: toBody(row, url === '/v1/completions') } : null,
    error: isAnswer
      ? null
      : { code: answer.error?.code ?? status, message: answer.error?.message ?? row.columns.error ?? status },
  }
}

function toBody({ answer, index, sample }: DatasetRow, isCompletion: boolean): object {
  const { text, reasoning, toolCalls, finishReason, model, inputTokens, outputTokens } = answer
  const unified = finishReason?.unified ?? 'other'
  const reason = unified in finishReasons ? finishReasons[unified as keyof typeof finishReasons] : unified
  const choice = isCompletion
    ? { index: 0, text, logprobs: null, finish_reason: reason }
    : {
        index: 0,
        message: {
          role: 'assistant',
          content: toolCalls === undefined || text !== '' ? text : null,
          ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
          ...(toolCalls === undefined
            ? {}
            : {
                tool_calls: toolCalls.map(({ id, name, arguments: given }) => ({
                  id,
                  type: 'function',
                  function: { name, arguments: given },
                })),
              }),
        },
        logprobs: null,
        finish_reason: reason,
      }
  return {
    id: `headrace-${index}-${sample}`,
    object: isCompletion ? 'text_completion' : 'chat.completion',
    model: model ?? null,
    choices: [choice],
    usage: {
      prompt_tokens: inputTokens ?? null,
      completion_tokens: outputTokens ?? null,
      total_tokens: inputTokens === undefined || outputTokens === undefined ? null : inputTokens + outputTokens,
    },
  }
}
