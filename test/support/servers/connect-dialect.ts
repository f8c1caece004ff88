import { onTestFinished } from 'vitest'

import type { Dialect } from '../../../src/contract/dialect.js'
import { DialectEngine } from '../../../src/llm/dialect-engine.js'
import { type Connection, LLM } from '../../../src/llm/llm.js'
import type { LLMOptions } from '../../../src/llm/llm-options.js'
import type { Description } from '../../../src/llm/loaded-model.js'
import type { Prompting } from '../../../src/llm/prompting.js'
import { UndiciTransport } from '../../../src/transport/undici-transport.js'
import type { Probe } from '../../../src/dialects/engine-facts.js'
import { realRuntime } from '../xinference-server.js'

export interface ConnectOptions extends LLMOptions {
  readonly apiKey?: string
  readonly prompting?: Prompting
}

/** A model that speaks a dialect over a socket, and nothing else. */
class DialectModel extends LLM {
  readonly className = 'Dialect_llm'
  readonly #dialect: Dialect
  readonly #url: string
  readonly #apiKey: string | undefined
  readonly #prompting: Prompting | undefined

  constructor(dialect: Dialect, url: string, { apiKey, prompting, ...options }: ConnectOptions) {
    super({ maxRetries: 0, waitTimeoutMs: 0, ...options }, { runtime: realRuntime() })
    this.#dialect = dialect
    this.#url = url
    this.#apiKey = apiKey
    this.#prompting = prompting
  }

  protected override async connect(): Promise<Connection> {
    const transport = new UndiciTransport({ connectMs: 5000, env: {} })
    const headers = {
      'content-type': 'application/json',
      ...(this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }),
    }
    const engine = new DialectEngine({
      dialect: this.#dialect,
      transport,
      origin: this.#url,
      basePath: '',
      headers: () => headers,
      secrets: [],
      runtime: this.runtime,
    })
    return { engine, release: () => transport.close() }
  }

  protected override describe({ engine: { capabilities } }: Connection): Description {
    return {
      metadata: {
        contextWindow: undefined,
        contextWindowSource: 'unknown',
        numOutput: undefined,
        modelName: 'model',
        isChatModel: capabilities.chat ?? true,
        isFunctionCallingModel: capabilities.tools ?? false,
        isVisionModel: capabilities.vision ?? false,
      },
      windowTokens: undefined,
      prompting: this.#prompting,
      defaults: {},
      warnings: [],
    }
  }

  protected override sharesConnection(): boolean {
    return true
  }
}

/** A model on a server, by a dialect, until the test ends. */
export function connectDialect(dialect: Dialect, { url }: { readonly url: string }, options: ConnectOptions = {}): LLM {
  const llm = new DialectModel(dialect, url, options)
  onTestFinished(() => llm.unload())
  return llm
}

/** Probes of a server over HTTP, with what was asked for. */
export function probeOf(
  { url }: { readonly url: string },
  apiKey?: string,
): Probe & { readonly paths: readonly string[] } {
  const paths: string[] = []
  const probe: Probe = async (path) => {
    paths.push(path)
    const response = await fetch(url + path, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    })
    const text = await response.text()
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      // A page, or nothing.
    }
    return { status: response.status, headers: Object.fromEntries(response.headers), text, json }
  }
  return Object.assign(probe, { paths })
}

/** How a conversation is rendered for models whose texts begin with a token of their own. */
export const bosPrompting: Prompting = {
  use: 'send',
  opensUserTurn: false,
  format: {
    render: (messages) => ({
      text: `<s>${messages.map(({ role, content }) => `[${role}] ${content as string}`).join('\n')}\n[assistant]`,
      bos: '<s>',
    }),
    renderUserTurn: () => ({ text: '<s>[user]', bos: '<s>' }),
    countTokens: () => 3,
    countLiteralTokens: () => 3,
  },
}
