import { KeyGate } from '../key-gate.js'
import type { ServerState, Surface } from '../surface.js'
import { OpenAIFailure, toBody, toFailure } from './openai-failure.js'
import { createRoutes } from './routes.js'

/** Answers with OpenAI's routes alone, as most servers of models and routers do. */
export function createOpenAISurface(state: ServerState, completions: boolean): Surface {
  const gate = new KeyGate(state.apiKey)
  return {
    routes: createRoutes(state, completions).map(({ method, path, isGuarded, handle }) => ({
      method,
      path,
      handle: (request) => {
        if (isGuarded && !gate.admits(request.incoming)) throw wrongKey()
        return handle(request)
      },
    })),
    toErrorResponse,
    toUnroutedResponse: (method, path, allowed) => {
      if (allowed.length === 0) return toErrorResponse(refusal(404, `Unknown request URL: ${method} ${path}.`))
      return toErrorResponse(refusal(405, `${method} is not allowed for ${path}.`, { allow: allowed.join(', ') }))
    },
  }
}

function wrongKey(): OpenAIFailure {
  const message = 'Incorrect API key provided: send it as Authorization: Bearer.'
  return new OpenAIFailure(401, 'invalid_request_error', 'invalid_api_key', message)
}

function refusal(status: number, message: string, headers?: Readonly<Record<string, string>>): OpenAIFailure {
  return new OpenAIFailure(status, 'invalid_request_error', null, message, headers)
}

function toErrorResponse(error: Error): Response {
  const failure = toFailure(error)
  return Response.json(toBody(failure), { status: failure.status, headers: failure.headers })
}
