import { planCall } from './call-options.js'
import { toFinishReason, toUsage } from './chat-answer.js'
import { type End, generatePieces, type Piece } from './generation.js'
import { streamChunks } from './openai-stream.js'
import { limits, readCompletionParameters } from './parameters.js'
import { deserialize } from './read-body.js'
import { type CompletionBody, completionBody } from './request-bodies.js'
import { invalid } from './tgi-failure.js'
import { type TgiRequest, version } from './tgi-server.js'

/** `POST /v1/completions`: one prompt, or a few. */
export async function completion(request: TgiRequest): Promise<Response> {
  return answerCompletion(request, await request.server.readBody(request))
}

export async function answerCompletion(request: TgiRequest, raw: unknown): Promise<Response> {
  const body = deserialize(completionBody, raw)
  const prompts = typeof body.prompt === 'string' ? [body.prompt] : body.prompt
  if (prompts.length > limits.batch) {
    throw invalid(`Number of prompts exceeds the maximum allowed batch size of ${limits.batch}`)
  }
  const frame = {
    object: 'text_completion',
    id: '',
    created: Math.floor(Date.now() / 1000),
    model: request.server.modelId,
    system_fingerprint: `${version}-native`,
  }
  using _place = request.server.enter()
  if (body.stream) return await streamChunks(request, toChunks(request, body, prompts, frame))
  const ends = await Promise.all(
    prompts.map(async (prompt) => {
      let end: End | undefined
      for await (const piece of await ask(request, body, prompt)) end = piece.end
      return end as End
    }),
  )
  const choices = ends.map((end, index) => toChoice(index, end.text, toFinishReason(end.reason)))
  return Response.json({ ...frame, choices, usage: toUsage(sum(ends)) })
}

async function* toChunks(
  request: TgiRequest,
  body: CompletionBody,
  prompts: readonly string[],
  frame: object,
): AsyncGenerator<Record<string, unknown>, void, undefined> {
  const ends: End[] = []
  for (const [index, prompt] of prompts.entries()) {
    for await (const { text, end } of await ask(request, body, prompt)) {
      if (end !== undefined) ends.push(end)
      yield { ...frame, choices: [toChoice(index, text, end === undefined ? '' : toFinishReason(end.reason))] }
    }
  }
  if (body.stream_options?.include_usage === true) yield { ...frame, choices: [], usage: toUsage(sum(ends)) }
}

async function ask(
  { server, signal }: TgiRequest,
  body: CompletionBody,
  prompt: string,
): Promise<AsyncIterable<Piece>> {
  if (prompt === '') throw invalid('`inputs` cannot be empty')
  const inputTokens = await server.count(prompt)
  const parameters = readCompletionParameters(body, { stream: body.stream, inputTokens })
  server.checkLength(inputTokens, parameters.maxNewTokens)
  const { options } = planCall(parameters, false)
  return generatePieces({
    ask: (asked) => server.model.streamComplete(prompt, { ...asked, raw: true, signal }),
    options,
    stop: parameters.stop,
    topTokens: 0,
    inputTokens,
  })
}

function toChoice(index: number, text: string, finishReason: string): object {
  return { index, text, logprobs: null, finish_reason: finishReason }
}

function sum(ends: readonly End[]): Pick<End, 'inputTokens' | 'outputTokens'> {
  const areCounted = ends.every(({ inputTokens }) => inputTokens !== undefined)
  return {
    inputTokens: areCounted ? ends.reduce((total, { inputTokens = 0 }) => total + inputTokens, 0) : undefined,
    outputTokens: ends.reduce((total, { outputTokens }) => total + outputTokens, 0),
  }
}
