import type { ErrorHabits } from '../openai/read-http-error.js'

/** While it loads, every route is 503 `Loading model`. */
export const habits: ErrorHabits = { name: 'llama-server' }
