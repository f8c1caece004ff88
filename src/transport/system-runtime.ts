import type { Runtime } from '../contract/runtime.js'

/** The clock, chance and environment of the process. */
export const systemRuntime: Runtime = {
  now: () => performance.now(),
  random: () => Math.random(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  env: process.env,
  log: (line) => void process.stderr.write(`${line}\n`),
}
