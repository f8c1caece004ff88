import type { Route } from '../contract/capabilities.js'
import type { CallOptions } from '../contract/options.js'
import type { ChatResponse, CompletionResponse } from '../contract/response.js'
import { type HeadraceError, isHeadraceError } from '../errors/headrace-error.js'
import type { LLM } from '../llm/llm.js'

type Answer = ChatResponse | CompletionResponse

/** What a question got: an answer, or why there is none. */
export type Outcome =
  | { readonly answer: Answer; readonly error?: undefined }
  | { readonly error: HeadraceError; readonly answer?: undefined }

export const question = 'Name three animals.'

/** Asks on one of the two routes. @throws HeadraceError `ABORTED` alone; every other failure is an outcome. */
export async function ask(llm: LLM, route: Route, options: CallOptions): Promise<Outcome> {
  const own = { wireMode: 'json', maxTokens: 8, temperature: 0, ...options } as const
  return attempt(() =>
    route === 'chat'
      ? llm.chat([{ role: 'user', content: question }], own)
      : llm.complete(question, { ...own, raw: true }),
  )
}

export async function attempt(act: () => Promise<Answer>): Promise<Outcome> {
  try {
    return { answer: await act() }
  } catch (error) {
    if (!isHeadraceError(error) || error.code === 'ABORTED') throw error
    return { error }
  }
}

export function offersRoute(llm: LLM, route: Route): boolean {
  return llm.capabilities[route] !== false
}

/** The routes that the back end has, the better known first. */
export function routesOf(llm: LLM): readonly Route[] {
  return (['chat', 'completion'] as const).filter((route) => offersRoute(llm, route))
}

/** In words for people. */
export const routeNames: Readonly<Record<Route, string>> = { chat: 'conversations', completion: 'literal text' }
