import { defineConfig } from 'vitest/config'

/** The suites that need a real server; `scripts/real-openai-servers.ts` starts one and then its suite. */
export default defineConfig({
  test: {
    name: 'real openai servers',
    include: ['test/real/openai-servers/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    bail: 0,
    reporters: ['verbose', './test/support/summary-reporter.ts'],
  },
})
