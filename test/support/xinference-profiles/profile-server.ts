import { json, whole } from '../http-bytes.js'
import { type RecordedRequest, type Script, ScriptedServer } from '../scripted-server.js'
import { answer, type EngineRequest, eventStream, failureOf } from './answer.js'
import { describeModel, type ProfileModel } from './describe-model.js'
import type { Refusal, XinferenceProfile } from './profile.js'
import { keptFields, refuseBody, refuseForModel } from './read-request.js'

/** What a request to a model may meet before it is answered; each entry is for one request. */
export type Obstacle = 'loading' | 'busy' | 'busy llama.cpp'

export interface ProfileServerOptions {
  readonly profile: XinferenceProfile
  readonly models: readonly ProfileModel[]
  /** Met by the first requests to a model, in this order. */
  readonly obstacles?: readonly Obstacle[] | undefined
  /** The credentials that it wants. @defaultValue none */
  readonly accounts?: { readonly key?: string; readonly username: string; readonly password: string } | undefined
}

export interface ProfileServer {
  readonly server: ScriptedServer
  /** What got through to the engine: the fields that the HTTP layer left, in the order of the requests. */
  readonly engineRequests: readonly EngineRequest[]
}

const token = 'token-of-a-login'

/** A server that does what the version of a profile does: it refuses, drops and obeys what that version does. */
export async function startProfileServer(options: ProfileServerOptions): Promise<ProfileServer> {
  const { profile, models, obstacles = [], accounts } = options
  const engineRequests: EngineRequest[] = []
  /** What the server noted, by uid. */
  const events = new Map<string, object[]>()
  let met = 0

  const infer = (request: RecordedRequest, isChat: boolean): Script => {
    const body = JSON.parse(request.body) as Readonly<Record<string, unknown>>
    const wrong = refuseBody(profile, body, isChat)
    if (wrong !== undefined) return refuse(wrong)
    const uid = String(body['model'])
    const model = models.find((candidate) => candidate.uid === uid)
    if (model === undefined) return refuse(profile.unknownModel(uid))
    const obstacle = obstacles[met++]
    if (obstacle === 'loading') return refuse(profile.loadingModel(uid))
    const unfit = isChat ? refuseForModel(profile, model, body) : undefined
    if (unfit !== undefined) return refuse(unfit)
    const fields = keptFields(profile, body, isChat)
    if (obstacle !== undefined) return refuseBusy(profile, uid, obstacle, fields['stream'] === true)
    const engineRequest = { profile, model, isChat, fields }
    engineRequests.push(engineRequest)
    const failure = failureOf(engineRequest)
    if (failure !== undefined) {
      const event = { event_type: 'ERROR', event_ts: Math.floor(Date.now() / 1000), event_content: failure }
      events.set(uid, [...(events.get(uid) ?? []), event])
    }
    return answer(engineRequest)
  }

  const respond = (request: RecordedRequest): Script => {
    const route = `${request.method} ${request.path}`
    if (route === 'POST /token') return logIn(request, profile, accounts)
    if (accounts !== undefined && !isAllowed(request, profile, accounts)) {
      const said =
        request.headers['authorization'] === undefined ? profile.noCredential : 'Could not validate credentials'
      return json(401, { detail: said }, { 'www-authenticate': 'Bearer scope="models:list"' })
    }
    const uid = /^GET \/v1\/models\/([^/]+)\/events$/.exec(route)?.[1]
    if (uid !== undefined && profile.notesEvents) return json(200, events.get(uid) ?? [])
    if (route === 'GET /v1/models') return json(200, listOf(profile, models))
    if (route === 'POST /v1/chat/completions') return infer(request, true)
    if (route === 'POST /v1/completions') return infer(request, false)
    return refuse(profile.noRoute)
  }

  return { server: await ScriptedServer.start({ routes: { '*': respond } }), engineRequests }
}

function listOf(profile: XinferenceProfile, models: readonly ProfileModel[]): unknown {
  const described = models.map((model) => [model.uid, describeModel(profile, model)] as const)
  if (profile.list === 'by uid') return Object.fromEntries(described)
  const data = described.map(([id, model]) => ({ id, object: 'model', created: 0, owned_by: 'xinference', ...model }))
  return { object: 'list', data }
}

function logIn(
  { body }: RecordedRequest,
  { refreshes }: XinferenceProfile,
  accounts: ProfileServerOptions['accounts'],
): Script {
  const { username, password } = JSON.parse(body) as { username?: unknown; password?: unknown }
  if (accounts === undefined || username !== accounts.username || password !== accounts.password) {
    return json(401, { detail: 'Incorrect username or password' }, { 'www-authenticate': 'Bearer' })
  }
  return json(200, {
    access_token: token,
    token_type: 'bearer',
    ...(refreshes ? { refresh_token: 'refresh-token-of-a-login' } : {}),
  })
}

function isAllowed(
  { headers }: RecordedRequest,
  { keys }: XinferenceProfile,
  { key }: NonNullable<ProfileServerOptions['accounts']>,
): boolean {
  const credential = headers['authorization']?.replace(/^Bearer /, '')
  return (
    credential === token || (credential !== undefined && credential === key && keys !== 'none' && key.startsWith(keys))
  )
}

function refuseBusy(profile: XinferenceProfile, uid: string, obstacle: Obstacle, isStream: boolean): Script {
  const { rateLimit, parallelGeneration } = profile
  const words = obstacle === 'busy llama.cpp' ? parallelGeneration : undefined
  if (isStream) return eventStream([{ error: words ?? rateLimit.stream(uid) }], profile)
  return refuse(words === undefined ? rateLimit.json(uid) : { status: 500, body: { detail: words } })
}

function refuse({ status, body, headers }: Refusal): Script {
  return typeof body === 'string'
    ? whole(status, 'text/plain; charset=utf-8', body, headers)
    : json(status, body, headers)
}
