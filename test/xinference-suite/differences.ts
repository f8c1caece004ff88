/** Where `headrace serve` does not answer as Xinference 4.1.0 does. The table of docs/servers.md is made of this. */
export interface Difference {
  readonly what: string
  readonly xinference: string
  readonly serve: string
  readonly reason: string
}

const declared = {
  reason: {
    what: 'a chat that fails in the engine',
    xinference: '`The chat completion request failed. Check the server logs for details.`, whatever the reason',
    serve: "the engine's words, as 4.1.0 itself gives them for literal text",
    reason: 'who asks a server of their own may know why it failed',
  },
  answer: {
    what: 'a whole answer, and the last chunk of a stream',
    xinference: "llama.cpp's `timings`, and `prompt_tokens_details` in `usage`",
    serve: 'neither',
    reason: 'the model behind need not be llama.cpp',
  },
  firstText: {
    what: 'the first chunk of a streamed chat',
    xinference: '`content` is null, of llama.cpp; no text, of transformers',
    serve: 'no text',
    reason: "LlamaIndex's class adds the texts up, and fails at null",
  },
  tokenId: {
    what: 'log-probabilities',
    xinference: 'each token has its `id`',
    serve: 'no `id`',
    reason: 'no other server tells ids, and ours may be behind this one',
  },
  modelName: {
    what: '`model` and `system_fingerprint` in an answer',
    xinference: "the path of the model's folder on the server; `b0-unknown`",
    serve: 'the uid that was asked; `headrace`',
    reason: "a path of the server is nobody else's business",
  },
  entry: {
    what: 'the description of a model',
    xinference: 'size and quantization of its family',
    serve: '`null` for both, `model_description` says who serves it, `generate` is among the abilities of a chat model',
    reason: 'there are no families here; every chat model continues literal text too, in 4.1.0 as well',
  },
  accounts: {
    what: 'users: `POST /token`, `POST /v1/admin/keys`',
    xinference: 'there are some',
    serve: 'there is one key and no user: every login is one with a wrong password',
    reason: 'it is for one person or one program',
  },
  forwarded: {
    what: '`X-Forwarded-For` from this machine',
    xinference: 'is believed: a ban hits the address that it names',
    serve: 'is not looked at: a ban hits the address of the connection',
    reason: 'a client could choose who is banned',
  },
  catalogue: {
    what: 'built-in families: `GET /v1/models/families`, `/v1/model_registrations/LLM`',
    xinference: 'hundreds',
    serve: 'none: `[]`, and 400 as for a uid that is not there',
    reason: 'nothing can be launched',
  },
  otherRoutes: {
    what: '`POST /v1/responses`, `POST /v1/messages`',
    xinference: 'answered in the form of OpenAI and of Anthropic',
    serve: '405, as for a path that is not there',
    reason: 'not served',
  },
  web: {
    what: 'the web interface, `GET /`',
    xinference: '200, an application',
    serve: '404, a page without content',
    reason: 'there is none',
  },
  origin: {
    what: 'requests of web pages (CORS)',
    xinference: 'every page may read every answer',
    serve: 'none may',
    reason: 'any page that a person opens could use a model that listens on loopback without a key',
  },
  jsonError: {
    what: 'a body that is no JSON: 500, plain text',
    xinference: "Python's words for what is wrong with it",
    serve: "JavaScript's",
    reason: 'no client reads them',
  },
} as const satisfies Readonly<Record<string, Difference>>

export type DifferenceName = keyof typeof declared

export const differences: Readonly<Record<DifferenceName, Difference>> = declared
