import { KeyGate } from '../key-gate.js'
import { HttpFailure } from '../http-failure.js'
import type { ServerState, Surface } from '../surface.js'
import { routes } from './routes.js'
import { TgiFailure, toFailure } from './tgi-failure.js'
import { TgiServer } from './tgi-server.js'

/** Answers as the router of Text Generation Inference 3.3. */
export function createTgiSurface(state: ServerState): Surface {
  const server = new TgiServer(state)
  const gate = new KeyGate(state.apiKey)
  return {
    limitsConcurrency: true,
    routes: routes.map(({ method, path, isGuarded, handle }) => ({
      method,
      path,
      handle: (request) => {
        if (isGuarded && !gate.admits(request.incoming)) throw new HttpFailure(401, '')
        return handle({ ...request, server })
      },
    })),
    toErrorResponse: (error) => toResponse(toFailure(error)),
    toUnroutedResponse: (_method, _path, allowed) => {
      const [status, headers] = allowed.length === 0 ? [404, {}] : [405, { allow: allowed.join(',') }]
      return new Response(null, { status, headers })
    },
  }
}

function toResponse(failure: HttpFailure): Response {
  const { status, headers, message } = failure
  if (failure instanceof TgiFailure) return Response.json(failure.body, { status, headers })
  if (message === '') return new Response(null, { status, headers })
  return new Response(message, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}
