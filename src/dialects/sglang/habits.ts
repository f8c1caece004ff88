import type { ErrorHabits } from '../openai/read-http-error.js'

/** A full queue is 503 (`--max-queued-requests`). */
export const habits: ErrorHabits = { name: 'SGLang', isBusyBy503: true }
