import { isHeadraceError } from '../../errors/headrace-error.js'
import { MalformedResponseError } from '../../errors/malformed-response-error.js'
import type { SessionRequest } from '../request-json.js'
import type { Session } from '../session.js'

/** An object in the server's own words. */
export type ServerObject = Readonly<Record<string, unknown>>

/** What every request takes. */
export interface RequestSettings {
  readonly signal?: AbortSignal | undefined
  /** For the request with all its waiting, in milliseconds. @defaultValue the client's */
  readonly timeoutMs?: number | undefined
  /** Of what only asks and changes nothing. @defaultValue the client's */
  readonly maxRetries?: number | undefined
}

/** A session whose answers are held against the form that they must have. */
export class ServerQuestions {
  readonly session: Session
  readonly timeoutMs: number | undefined

  constructor(session: Session, timeoutMs: number | undefined) {
    this.session = session
    this.timeoutMs = timeoutMs
  }

  send(request: SessionRequest): Promise<unknown> {
    return this.session.request({ ...request, timeoutMs: request.timeoutMs ?? this.timeoutMs })
  }

  async object(request: SessionRequest): Promise<ServerObject> {
    return asObject(await this.send(request), request.path)
  }

  async list(request: SessionRequest): Promise<readonly ServerObject[]> {
    const answer = await this.send(request)
    if (!Array.isArray(answer)) throw unexpected(request.path)
    return answer as ServerObject[]
  }

  /** Of a route that asks for no credential; empty where an older server has no such route. */
  async openObject(path: string, settings: RequestSettings): Promise<ServerObject> {
    try {
      return await this.object({ ...settings, path, isOpen: true })
    } catch (error) {
      if (isHeadraceError(error) && error.status === 404) return {}
      throw error
    }
  }
}

export function asObject(answer: unknown, path: string): ServerObject {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw unexpected(path)
  return answer as ServerObject
}

export function unexpected(path: string): MalformedResponseError {
  return new MalformedResponseError(`${path} answered in a form that Xinference does not use; is it Xinference?`)
}
