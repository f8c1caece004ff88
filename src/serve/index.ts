// The public surface of `headrace/serve`.

export { createServer, serve } from './server.js'
export type { LLMServer } from './server.js'
export type { CreateServerOptions, ServedProtocol, ServedRequest, ServeLimits, ServeOptions } from './serve-options.js'
export type { ServedModel, ServedToken } from './served-model.js'
