import type { ServedToken } from '../served-model.js'
import { readChat } from './chat-route.js'
import { deserialize } from './read-body.js'
import { chatBody, generateBody } from './request-bodies.js'
import { templateError, TgiFailure } from './tgi-failure.js'
import type { TgiRequest, TgiServer } from './tgi-server.js'

/** `POST /tokenize`: the body of `/generate`. */
export async function tokenize(request: TgiRequest): Promise<Response> {
  const { inputs } = deserialize(generateBody, await request.server.readBody(request))
  return Response.json(await tokensOf(request.server, inputs))
}

/** `POST /chat_tokenize`: what the model reads of a conversation, and its tokens. */
export async function tokenizeChat(request: TgiRequest): Promise<Response> {
  const { server } = request
  const { model } = server
  const body = deserialize(chatBody, await server.readBody(request))
  const { isChatModel, isVisionModel } = model.metadata
  if (!isChatModel) throw templateError('Template not found: the model has no chat template')
  const prepared = await model.prepareInput?.(readChat(body, isVisionModel))
  if (prepared?.prompt === undefined) throw noTokenizer()
  return Response.json({
    tokenize_response: await tokensOf(server, prepared.prompt),
    templated_text: prepared.prompt,
  })
}

async function tokensOf({ model }: TgiServer, text: string): Promise<readonly object[]> {
  if (model.tokenize === undefined) throw noTokenizer()
  return withPlaces(await model.tokenize(text))
}

/** With where each token begins and ends in the text, in characters. Tokens that only begin the text have no place. */
function withPlaces(tokens: readonly ServedToken[]): readonly object[] {
  let start = 0
  return tokens.map(({ id, text }) => {
    const stop = start + Array.from(text).length
    const entry = { id, text, start, stop }
    start = stop
    return entry
  })
}

function noTokenizer(): TgiFailure {
  return new TgiFailure('no fast tokenizer', 'No fast tokenizer or tokenizer.json for this model')
}
