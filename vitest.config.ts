import { defineConfig } from 'vitest/config'

/** They count the sockets of Node's own fetch, whose connections are the whole process's. */
const ownProcess = ['test/faults/fetch-adapter.test.ts', 'test/quirks/stream-ends.test.ts']
/** They start a process for nearly every test, most of whose time is Node's own beginning: `npm run test:commands`. */
const commands = ['test/cli/**/*.test.ts', 'test/examples/**/*.test.ts']

export default defineConfig({
  test: {
    testTimeout: 20_000,
    // Vitest leaves one core free, which on two is half of them.
    maxWorkers: '100%',
    // The files of a worker share what they load: loading it took longer than most of them run.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'suites',
          include: ['test/**/*.test.ts'],
          exclude: ['test/packed/**', 'test/real/**', ...ownProcess, ...commands],
          globalSetup: './test/support/build-once.ts',
        },
      },
      {
        extends: true,
        test: { name: 'commands', include: commands, globalSetup: './test/support/build-once.ts' },
      },
      { extends: true, test: { name: 'own-process', include: ownProcess, isolate: true } },
      {
        extends: true,
        test: {
          name: 'packed',
          include: ['test/packed/**/*.test.ts'],
          globalSetup: './test/support/build-once.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
