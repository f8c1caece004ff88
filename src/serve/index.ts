// The public surface of `headrace/serve`.

export { createServer, serve } from './server.js'
export type { LLMServer } from './server.js'
export type { CreateServerOptions, ServedRequest, ServeLimits, ServeOptions } from './serve-options.js'
export type { ServedModel } from './served-model.js'
