import { defineConfig } from 'vitest/config'

/** The suite that needs a real server; `scripts/real-xinference.ts` starts one and then this. */
export default defineConfig({
  test: {
    name: 'real',
    include: ['test/real/*.test.ts'],
    // Models are launched in tests, on machines with little to spare.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // One server, whose life the tests follow from its first user to its last model.
    fileParallelism: false,
    bail: 0,
    reporters: ['verbose', './test/support/summary-reporter.ts'],
  },
})
