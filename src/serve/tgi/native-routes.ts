import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import { planCall } from './call-options.js'
import { EventStream, type EventFraming } from '../event-stream.js'
import { type End, generatePieces, type Piece } from './generation.js'
import { toDetails, toEvent, toHeaders, toStreamBody } from './native-answer.js'
import { type Parameters, readParameters } from './parameters.js'
import { deserialize } from './read-body.js'
import { compatBody, generateBody, type GenerateBody } from './request-bodies.js'
import { invalid, toFailure } from './tgi-failure.js'
import type { TgiRequest } from './tgi-server.js'

/** As TGI writes the events of its native route: no space, no `[DONE]`. */
const framing: EventFraming = { before: 'data:', after: '\n\n', ping: () => ':\n\n' }

/** `POST /generate` */
export async function generate(request: TgiRequest): Promise<Response> {
  return answerWhole(request, deserialize(generateBody, await request.server.readBody(request)))
}

/** `POST /generate_stream` */
export async function generateStream(request: TgiRequest): Promise<Response> {
  return answerStream(request, deserialize(generateBody, await request.server.readBody(request)))
}

/** `POST /`: the answer is in a list, and begins with the input unless told otherwise. */
export async function compat(request: TgiRequest): Promise<Response> {
  return answerCompat(request, await request.server.readBody(request))
}

export async function answerCompat(request: TgiRequest, raw: unknown): Promise<Response> {
  const { stream, ...body } = deserialize(compatBody, raw)
  const parameters = { ...body.parameters, return_full_text: body.parameters.return_full_text ?? true }
  const asked = { ...body, parameters }
  if (stream) return answerStream(request, asked)
  const answer = await answerWhole(request, asked)
  return Response.json([await answer.json()], { headers: answer.headers })
}

async function answerWhole(request: TgiRequest, body: GenerateBody): Promise<Response> {
  const { server } = request
  const startedAt = performance.now()
  using _place = server.enter()
  const { parameters, inputTokens } = await validate(request, body, false)
  const { pieces, seed } = ask(request, body.inputs, parameters, inputTokens)
  const list: Piece[] = []
  for await (const piece of pieces) list.push(piece)
  const end = list.at(-1)?.end as End
  const text = parameters.returnFullText === true ? body.inputs + end.text : end.text
  return Response.json(
    {
      generated_text: text,
      ...(parameters.details ? { details: toDetails(list, end, seed, parameters.topTokens) } : undefined),
    },
    { headers: toHeaders(body.inputs, end, performance.now() - startedAt) },
  )
}

/** The status is 200 whatever happens: the checks of the request are made inside the stream too. */
async function answerStream(request: TgiRequest, body: GenerateBody): Promise<Response> {
  const { server, outgoing } = request
  const events = new EventStream(outgoing, server.pingIntervalMs, framing)
  try {
    using _place = server.enter()
    const { parameters, inputTokens } = await validate(request, body, true)
    const { pieces, seed } = ask(request, body.inputs, parameters, inputTokens)
    const prefix = parameters.returnFullText === true ? body.inputs : ''
    let index = 0
    for await (const piece of pieces)
      await events.send(JSON.stringify(toEvent(piece, ++index, { parameters, prefix, seed })))
  } catch (error) {
    await events.send(JSON.stringify(toStreamBody(toFailure(error))))
  } finally {
    events.end()
  }
  return RESPONSE_ALREADY_SENT
}

async function validate(
  { server }: TgiRequest,
  { inputs, parameters: wire }: GenerateBody,
  stream: boolean,
): Promise<{ readonly parameters: Parameters; readonly inputTokens: number | undefined }> {
  if (inputs === '') throw invalid('`inputs` cannot be empty')
  const inputTokens = await server.count(inputs)
  const parameters = readParameters(wire, { stream, inputTokens })
  server.checkLength(inputTokens, parameters.maxNewTokens)
  return { parameters, inputTokens }
}

function ask(
  { server: { model }, signal }: TgiRequest,
  inputs: string,
  parameters: Parameters,
  inputTokens: number | undefined,
): { readonly pieces: AsyncIterable<Piece>; readonly seed: number | null } {
  const { options, seed } = planCall(parameters, parameters.details)
  const { stop, topTokens } = parameters
  const pieces = generatePieces({
    ask: (asked) => model.streamComplete(inputs, { ...asked, raw: true, signal }),
    options,
    stop,
    topTokens,
    inputTokens,
  })
  return { pieces, seed }
}
