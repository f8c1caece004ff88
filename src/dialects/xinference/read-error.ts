import type { ErrorAnswer } from '../../contract/dialect.js'
import { AddressBannedError } from '../../errors/address-banned-error.js'
import { AuthenticationError } from '../../errors/authentication-error.js'
import { ContextOverflowError } from '../../errors/context-overflow-error.js'
import type { HeadraceError, HeadraceErrorOptions } from '../../errors/headrace-error.js'
import { InvalidRequestError } from '../../errors/invalid-request-error.js'
import { ModelAbilityError } from '../../errors/model-ability-error.js'
import { ModelLoadingError } from '../../errors/model-loading-error.js'
import { ModelNotFoundError } from '../../errors/model-not-found-error.js'
import { PermissionError } from '../../errors/permission-error.js'
import { RateLimitError } from '../../errors/rate-limit-error.js'
import { ServerError } from '../../errors/server-error.js'
import { UnsupportedOptionError } from '../../errors/unsupported-option-error.js'
import { WrongServerError } from '../../errors/wrong-server-error.js'

const contextOverflow =
  /exceed\w*\b.{0,60}\b(context|n_ctx)|maximum context length|context (length|window|size)\b.{0,40}\b(exceed|too)/i
/** Besides those of 500 and more: what gateways before a server answer with a page of their own. */
const gatewayStatuses = new Set([401, 403, 413, 429])
/** A llama.cpp that is busy (servers 0.8 to 0.16). */
const parallelGeneration = /^parallel generation is not supported/i
/** `stopping`: the process of the model died and another one is being made, in about 30 s (server 4.1). */
const loading = /model is loading|is not ready|launching|is in stopping state/i

/** Turns an answer with an error status into one of the family. The bodies are those of servers 0.8 to 4.1. */
export function readError({ status, headers, body, retryAfterMs }: ErrorAnswer): HeadraceError {
  const isPage = isHtml(headers, body)
  const said = isPage ? 'a web page instead of a reason' : readDetail(body)
  const options: HeadraceErrorOptions = { status, retryAfterMs }
  if (isPage && status < 500 && !gatewayStatuses.has(status)) {
    return new WrongServerError(
      `The server answered ${status} with a web page: give Xinference's root as the endpoint.`,
      options,
    )
  }
  switch (status) {
    case 401:
      return new AuthenticationError(
        `Xinference wants a valid credential (${said}): set apiKey (XINFERENCE_API_KEY), or username and password.`,
        { ...options, context: { said } },
      )
    case 403:
      return new PermissionError(
        // Keys of server 3 are for using models.
        said.startsWith('API keys can only')
          ? `Xinference does not allow this (${said}): use username and password instead of an apiKey.`
          : `Xinference does not allow this: ${said}.`,
        options,
      )
    case 404:
    // What a POST to an unknown path gets where the server serves its web interface as well (server 4.1).
    case 405:
      if (!isModelNotFound(said)) {
        return new WrongServerError(
          `The server has no such route (${status}, ${said}): is it Xinference, and the endpoint its root?`,
          options,
        )
      }
      return modelNotFound(said, options)
    case 429:
      return /banned|too many failed/i.test(said)
        ? new AddressBannedError(
            `Xinference bans this address after wrong keys (${said}): correct the key and wait an hour.`,
            options,
          )
        : new RateLimitError(`Xinference has as many requests as the model takes: ${said}.`, options)
    case 501:
      return new UnsupportedOptionError(`Xinference cannot do this: ${said}.`, options)
    default:
  }
  return readReason(said, status, options)
}

/**
 * An error inside a stream, where the status was 200: a string, whose beginning may be the status it would have had.
 */
export function readStreamError(error: unknown): HeadraceError {
  const said = readDetail(JSON.stringify({ error }))
  // With the status in front; without it in chats since server 4.
  if (/^429\b|^rate limit reached/i.test(said))
    return new RateLimitError(`Xinference has as many requests as the model takes: ${said}.`, { status: 429 })
  if (said.includes("'async for' requires an object with __aiter__")) {
    // The server loses the reason: the exception of a start that failed is replaced by this one (server 3.2).
    return new ServerError(
      "The model failed to start its answer, and Xinference lost the reason: look at the server's log, or ask with wireMode: 'json'.",
      { context: { said } },
    )
  }
  return readReason(said, 500, {})
}

function readReason(said: string, status: number, options: HeadraceErrorOptions): HeadraceError {
  if (isModelNotFound(said)) return modelNotFound(said, options)
  if (contextOverflow.test(said)) {
    return new ContextOverflowError(`The prompt does not fit the model's context window: ${said}.`, options)
  }
  if (parallelGeneration.test(said)) {
    return new RateLimitError(`The model answers one request at a time: ${said}.`, options)
  }
  if (loading.test(said)) return new ModelLoadingError(`The model is not ready yet: ${said}.`, options)
  if (/is not for chat/i.test(said)) {
    return new ModelAbilityError('The model cannot chat, it only continues text: use complete().', options)
  }
  const purpose = /is not for (creating embedding|reranking)/i.exec(said)?.[1]
  if (purpose !== undefined) {
    return new ModelAbilityError(`The model is not for ${purpose}: use one that the server lists for it.`, options)
  }
  if (/^the chat completion request failed/i.test(said)) {
    // Whatever went wrong in the engine, since server 4: the reason is kept from the client.
    return new ServerError(
      `Xinference failed (${status}) and tells the reason to its log alone. Before the first token it is often a prompt that does not fit the context window (complete() with raw: true says so), later a process that died.`,
      { ...options, context: { said } },
    )
  }
  if (/argument of type 'NoneType' is not iterable/.test(said)) {
    // Its parser looks for thinking in a content that is null (reasoning models that are not hybrid, llama.cpp, server 3.2).
    return new ServerError(
      `Xinference failed (${status}) to read a tool call of a reasoning model, which is a bug of the server (${said}): leave tools out, or use another engine or a hybrid model.`,
      { ...options, context: { said } },
    )
  }
  // Validation failures and malformed requests are 500 text/plain, never 422.
  if (/validation error|^Internal Server Error: (Extra data|Expecting)/i.test(said)) {
    return new InvalidRequestError(`Xinference refused the request: ${said}.`, options)
  }
  if (status < 500) return new InvalidRequestError(`Xinference refused the request (${status}): ${said}.`, options)
  const isRetryable = status === 502 || status === 503 || /remote server .* closed|connect call failed/i.test(said)
  return new ServerError(`Xinference failed (${status}): ${said}.`, { ...options, isRetryable })
}

function isModelNotFound(said: string): boolean {
  return /model not found|has not been launched/i.test(said)
}

function modelNotFound(said: string, options: HeadraceErrorOptions): ModelNotFoundError {
  const list = /Available model uids: \[(.*?)\]/.exec(said)?.[1]
  const available = list?.match(/(?<=['"])[^'",]+(?=['"])/g) ?? []
  return new ModelNotFoundError(`Xinference does not have the model: ${said}.`, { ...options, available })
}

/** What the server says: `detail`, `error.message`, `error`, or the text itself; one line, not too long. */
function readDetail(body: string): string {
  let said: unknown = body
  try {
    const json = JSON.parse(body) as { detail?: unknown; error?: unknown; message?: unknown } | null
    const error = json?.error as { message?: unknown } | string | undefined
    said = json?.detail ?? (typeof error === 'object' ? error.message : error) ?? json?.message ?? body
  } catch {
    // Plain text.
  }
  const text = (typeof said === 'string' ? said : JSON.stringify(said))
    .replaceAll(/\s+/g, ' ')
    // Which process of the server raised it helps nobody here.
    .replace(/^(429: )?\[address=[^\]]*\] */, '$1')
    .trim()
    .replace(/\.+$/, '')
  if (text === '') return 'no reason given'
  return text.length > 500 ? `${text.slice(0, 500)}...` : text
}

function isHtml(headers: ErrorAnswer['headers'], body: string): boolean {
  return String(headers['content-type'] ?? '').includes('text/html') || /^\s*<(!doctype|html)/i.test(body)
}
